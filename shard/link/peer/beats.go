package peer

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/raft"

	"roster/shard/link/frame"
)

// HoldMax bounds how long a heartbeat may wait for those of other groups to join it.
// Its answer counts from when it was written, so that nothing is decided on the waiting.
const HoldMax = 50 * time.Millisecond

// Reply is the answer to one request, without what lies in the reader's buffers.
type Reply struct {
	Frame frame.Frame
	Sent  time.Time
	Err   error
}

// Beat is a heartbeat of one group that waits for its answer.
type Beat struct {
	Source   Source
	Term     uint64
	Protocol raft.ProtocolVersion
	Hold     time.Duration // at most HoldMax; 0: it is urgent
	Answer   func(Reply)   // gets the answer, once; it must not block
}

// Source says what a heartbeat tells, at the moment when it is written.
type Source interface {
	Beat(term uint64) frame.Beat
}

// Beat sends a heartbeat with the next frame that is written to a peer, and within
// b.Hold in any case.
func (h *Peers) Beat(to raft.ServerID, b *Beat) {
	p := h.peer(to)
	p.mu.Lock()
	p.mu.beats = append(p.mu.beats, b)
	p.mu.Unlock()
	if hold := min(b.Hold, HoldMax); hold > 0 {
		h.arm(hold)
		return
	}
	p.flush()
}

// arm lets the heartbeats to all peers leave after a while. They leave at one moment,
// because what costs most of a node that does nothing is to wake up.
func (h *Peers) arm(hold time.Duration) {
	due := time.Now().Add(hold)
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.mu.due.IsZero() && !due.Before(h.mu.due) {
		return
	}
	h.mu.due = due
	time.AfterFunc(hold, func() { h.release(due) })
}

// release writes the heartbeats that wait, unless an earlier moment was set since.
func (h *Peers) release(due time.Time) {
	h.mu.Lock()
	if !h.mu.due.Equal(due) {
		h.mu.Unlock()
		return
	}
	h.mu.due = time.Time{}
	peers := slices.Collect(maps.Values(h.mu.peers)) // order-free: each is written to on its own
	h.mu.Unlock()
	for _, p := range peers {
		p.flush()
	}
}

// flush makes the connection write the heartbeats that wait.
func (p *peer) flush() {
	p.mu.Lock()
	none := len(p.mu.beats) == 0
	p.mu.Unlock()
	if none {
		return
	}
	c, err := p.conn()
	if err == nil {
		err = c.tell(out{})
	}
	if err != nil {
		failBeats(p.take(0), err)
	}
}

// take returns the first so many heartbeats that wait; all when limit is 0.
func (p *peer) take(limit int) []*Beat {
	p.mu.Lock()
	defer p.mu.Unlock()
	beats := p.mu.beats
	if limit == 0 || len(beats) <= limit {
		p.mu.beats = nil
		return beats
	}
	p.mu.beats = beats[limit:]
	return beats[:limit:limit]
}

func failBeats(beats []*Beat, err error) {
	for _, b := range beats {
		b.Answer(Reply{Err: err})
	}
}

// round is one frame of heartbeats under way. Groups whose main loop must see theirs
// answer later than the others.
type round struct {
	mu struct {
		sync.Mutex
		beats []*Beat // nil once answered
		left  int
	}
}

var _ Waiter = (*round)(nil)

func newRound(beats []*Beat) *round {
	r := &round{}
	r.mu.beats, r.mu.left = beats, len(beats)
	return r
}

func (r *round) Answered(f *frame.Frame, sent time.Time) bool {
	if f.Kind != frame.BeatsAnswer {
		r.Failed(Fault(f))
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, a := range f.Beats {
		if uint64(a.Group) >= uint64(len(r.mu.beats)) || r.mu.beats[a.Group] == nil {
			continue
		}
		b := r.mu.beats[a.Group]
		r.mu.beats[a.Group] = nil
		r.mu.left--
		if a.Flags&frame.Failed != 0 {
			b.Answer(Reply{Err: errRefused})
			continue
		}
		b.Answer(Reply{Sent: sent, Frame: frame.Frame{
			Kind: frame.AppendAnswer, Flags: a.Flags, Protocol: f.Protocol, Term: a.Term, Index: a.Index,
		}})
	}
	return r.mu.left == 0
}

func (r *round) Failed(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, b := range r.mu.beats {
		if b != nil {
			b.Answer(Reply{Err: err})
			r.mu.beats[i] = nil
		}
	}
}
