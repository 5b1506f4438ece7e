package trail

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/hashicorp/raft"
)

const (
	// Window is how long an install is remembered, and how long at most entries are held
	// for one follower after its snapshot was installed.
	Window = 10 * time.Minute
	// InstallsMax is how many snapshots a follower may get within the window before they
	// are spaced.
	InstallsMax = 3
	// HoldBytesMax is how much may be written to the log while entries are held: after
	// that compaction goes on, and the snapshot under way may be in vain.
	HoldBytesMax = 128 << 20
	// spaceLeast and spaceMost bound the time between spaced installs, which doubles.
	spaceLeast = time.Second
	spaceMost  = time.Minute
)

// ErrSpaced is why a snapshot was not sent: another will be taken when it is time.
var ErrSpaced = errors.New("snapshots to this server are spaced, because it has had many and did not catch up")

// Options configure a Trail. Follower and Trailing must be set.
type Options struct {
	// Follower returns up to where a server's log agrees with ours; false while this
	// server does not lead.
	Follower func(raft.ServerID) (match uint64, leading bool)
	// Trailing is how many entries compaction leaves in any case.
	Trailing uint64
	// HoldBytes is how much may be held; 0 is HoldBytesMax.
	HoldBytes int64
	Logger    *slog.Logger     // nil discards
	Now       func() time.Time // nil is time.Now
}

// Figures are what a Trail has seen.
type Figures struct {
	Installs uint64 // snapshots that were begun to be sent
	Looping  int    // followers that had InstallsMax or more within the window and did not catch up
	Held     int64  // bytes written while entries are held; 0 when none are
	GivenUp  uint64 // times when a bound ended the hold
}

// follower is a server that was sent snapshots and has not caught up yet.
type follower struct {
	installs []time.Time // within the window, oldest first
	holds    bool
	under    bool      // an install is under way
	index    uint64    // of its latest snapshot
	ended    time.Time // when that was installed, or failed
}

// Trail is what one group's leader knows of snapshots it sends.
type Trail struct {
	options Options
	mu      struct {
		sync.Mutex
		followers map[raft.ServerID]*follower
		figures   Figures
	}
}

// New returns a Trail that holds nothing.
func New(o Options) *Trail {
	if o.HoldBytes == 0 {
		o.HoldBytes = HoldBytesMax
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	t := &Trail{options: o}
	t.mu.followers = map[raft.ServerID]*follower{}
	return t
}

// Install sends the snapshot at an index with send and holds the entries after it. When
// it is not time for another, it waits until it is and returns ErrSpaced, so that Raft
// comes again with its newest snapshot.
func (t *Trail) Install(ctx context.Context, id raft.ServerID, index uint64, send func() error) error {
	if wait := t.begin(id, index); wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
			return ErrSpaced
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	err := send()
	t.end(id, err)
	return err
}

// begin notes an install, or returns how long to wait instead.
func (t *Trail) begin(id raft.ServerID, index uint64) time.Duration {
	now := t.options.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	f := t.mu.followers[id]
	if f == nil {
		f = &follower{}
		t.mu.followers[id] = f
	}
	f.forget(now)
	if wait := f.space(now); wait > 0 {
		return wait
	}
	f.installs = append(f.installs, now)
	f.holds, f.under, f.index = true, true, index
	t.mu.figures.Installs++
	if n := len(f.installs); n >= InstallsMax {
		t.options.Logger.Warn("a follower gets snapshot after snapshot and does not catch up", "to", id, "snapshots", n, "within", Window, "index", index)
	}
	return 0
}

func (t *Trail) end(id raft.ServerID, err error) {
	now := t.options.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	f := t.mu.followers[id]
	if f == nil {
		return // it has caught up by itself
	}
	f.under, f.ended, f.holds = false, now, f.holds && err == nil
}

// forget drops installs that are older than the window.
func (f *follower) forget(now time.Time) {
	for len(f.installs) > 0 && now.Sub(f.installs[0]) > Window {
		f.installs = f.installs[1:]
	}
}

// space returns how long the next install has to wait.
func (f *follower) space(now time.Time) time.Duration {
	over := len(f.installs) - InstallsMax
	if over < 0 {
		return 0
	}
	return max(0, min(spaceLeast<<min(over, 10), spaceMost)-now.Sub(f.ended))
}

// Figures returns what the trail has seen.
func (t *Trail) Figures() Figures {
	now := t.options.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	out := t.mu.figures
	for _, f := range t.mu.followers { // order-free: a count
		if f.forget(now); len(f.installs) >= InstallsMax {
			out.Looping++
		}
	}
	return out
}

// wrote counts what is written while something is held.
func (t *Trail) wrote(logs []*raft.Log) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.mu.followers) == 0 {
		t.mu.figures.Held = 0
		return
	}
	for _, l := range logs {
		t.mu.figures.Held += int64(len(l.Data) + len(l.Extensions))
	}
}

// keep returns from which index on compaction has to leave the entries; 0 is none.
func (t *Trail) keep(last uint64) uint64 {
	now := t.options.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	over := t.mu.figures.Held > t.options.HoldBytes
	from := uint64(0)
	for id, f := range t.mu.followers { // order-free: a minimum
		match, leading := t.options.Follower(id)
		f.forget(now)
		switch {
		case !leading || !f.under && match >= f.index && match+t.options.Trailing/2 >= last, len(f.installs) == 0 && !f.under:
			delete(t.mu.followers, id)
		case f.holds && (over || !f.under && now.Sub(f.ended) > Window):
			f.holds = false
			t.mu.figures.GivenUp++
			t.options.Logger.Warn("entries are no longer held for a follower that has not caught up", "to", id, "snapshot", f.index, "match", match, "held", t.mu.figures.Held)
		case f.holds && (from == 0 || f.index < from):
			from = f.index
		}
	}
	if from == 0 {
		t.mu.figures.Held = 0
	}
	return from
}
