package afar

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"sync"
	"time"

	"roster"
	"roster/node/router"
	"roster/shard"
)

const (
	partBytes     = 1 << 20
	streamIdleMax = 30 * time.Second // until a state that nobody fetches is let go of
	streamsMax    = 8                // states that are fetched from one node at the same time
)

// State is the state of a shard as one of its holders had it.
type State struct {
	Shard  roster.ShardID `json:"shard"`
	Index  roster.Index   `json:"index"`
	Term   uint64         `json:"term"`
	Agents int            `json:"agents"`
	file   *os.File
}

// WriteTo writes the state, the same bytes however often it is asked.
func (s *State) WriteTo(w io.Writer) (int64, error) {
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return 0, err
	}
	return io.Copy(w, s.file)
}

// Close lets go of the state.
func (s *State) Close() { _ = s.file.Close() } // it has no name any more

// State fetches the state of a shard, with every write in it that was acknowledged before.
func (a *Afar) State(ctx context.Context, id roster.ShardID) (*State, error) {
	x, err := a.ask(ctx, id, methodState, question{Read: roster.Read{Level: roster.ReadLinearizable}})
	if err != nil {
		return nil, err
	}
	var s State
	if err := json.Unmarshal([]byte(x.text), &s); err != nil {
		return nil, err
	}
	if s.file, err = os.CreateTemp(a.config.Dir, "state-*"); err != nil {
		return nil, err
	}
	if err := os.Remove(s.file.Name()); err != nil {
		return nil, err
	}
	holder, offset := x.seen.Node, uint64(0)
	for {
		if _, err := s.file.Write(x.bytes); err != nil {
			return nil, err
		}
		if offset += uint64(len(x.bytes)); len(x.bytes) < partBytes {
			return &s, nil
		}
		ctx, cancel := router.WithDeadline(ctx)
		x, err = a.askOne(ctx, holder, methodState, question{Shard: id, Offset: offset})
		cancel()
		if err != nil {
			s.Close()
			return nil, err
		}
	}
}

// streams are states on their way to other nodes.
type streams struct {
	sync.Mutex
	open map[streamKey]*stream // nil when closed
}

type streamKey struct {
	to    roster.NodeID
	shard roster.ShardID
}

// stream is one state, written as far as it was asked for.
type stream struct {
	from   *io.PipeReader
	offset uint64
	used   time.Time
}

// serveState captures a state and answers its first part.
func (a *Afar) serveState(_ context.Context, from roster.NodeID, g *shard.Group) ([]byte, error) {
	state, agents, err := g.Capture()
	if err != nil {
		return nil, err
	}
	_, term := g.Leader()
	text, err := json.Marshal(State{Shard: g.ID(), Index: state.Index(), Term: term, Agents: agents})
	if err != nil {
		return nil, err
	}
	r, w := io.Pipe()
	key := streamKey{from, g.ID()}
	if err := a.streams.put(key, r); err != nil {
		return nil, err
	}
	go func() { // ends when the reader is closed: by the last part, after streamIdleMax, or by Close
		_, err := state.WriteTo(w)
		w.CloseWithError(err)
	}()
	return a.streams.part(key, 0, string(text))
}

func (s *streams) put(key streamKey, r *io.PipeReader) error {
	s.Lock()
	defer s.Unlock()
	if s.open == nil {
		return roster.Errorf(roster.CodeUnavailable, "this node is stopping")
	}
	s.drop(key)
	for other, old := range s.open {
		if time.Since(old.used) > streamIdleMax {
			s.drop(other)
		}
	}
	if len(s.open) >= streamsMax {
		return roster.Errorf(roster.CodeOverloaded, "%d states are being fetched from this node", len(s.open))
	}
	s.open[key] = &stream{from: r, used: time.Now()}
	return nil
}

func (s *streams) serve(key streamKey, offset uint64) ([]byte, error) {
	return s.part(key, offset, "")
}

// part answers the next part of a state.
func (s *streams) part(key streamKey, offset uint64, text string) ([]byte, error) {
	s.Lock()
	defer s.Unlock()
	at := s.open[key]
	if at == nil || at.offset != offset {
		return nil, roster.Errorf(roster.CodeConflict, "no state of shard %v goes on at %d: begin anew", key.shard, offset)
	}
	part := make([]byte, partBytes)
	n, err := io.ReadFull(at.from, part)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		s.drop(key)
		return nil, err
	}
	at.offset, at.used = at.offset+uint64(n), time.Now()
	if n < partBytes {
		s.drop(key)
	}
	return (&answer{text: text, bytes: part[:n]}).encode()
}

// drop ends a stream; the lock is held.
func (s *streams) drop(key streamKey) {
	if old := s.open[key]; old != nil {
		_ = old.from.Close() // ends the writer; there is nothing to fail
		delete(s.open, key)
	}
}

// close ends all streams, and begins none.
func (s *streams) close() {
	s.Lock()
	defer s.Unlock()
	for key := range s.open {
		s.drop(key)
	}
	s.open = nil
}
