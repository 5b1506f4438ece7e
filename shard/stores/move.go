package stores

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/hashicorp/raft"

	"roster"
	"roster/shard/logstore"
)

const (
	// moveMax bounds the move of one log.
	moveMax = time.Minute
	// moveSpare is how much of a deadline must be left for another one to begin.
	moveSpare = 2 * time.Second
	// copyBatch is how many entries are copied by one call.
	copyBatch = 256
	// roundsMax is how often what was written meanwhile is copied, before writers wait
	// for the rest.
	roundsMax = 8
)

// names are the values that Raft keeps, in the order in which it writes them.
var names = []string{"CurrentTerm", "LastVoteTerm", "LastVoteCand"}

// MoveAll moves the logs of open shards into a store of another kind: as many as the
// deadline of ctx allows, at least one. A move that has begun ends also when ctx has.
func (s *Stores) MoveAll(ctx context.Context, to logstore.Kind) (moves roster.StoreMoves, err error) {
	switch {
	case to != logstore.Shared && to != logstore.Bolt:
		return moves, roster.Invalid("to", "want %s or %s", logstore.Shared, logstore.Bolt)
	case s.config.Kind == logstore.Memory:
		return moves, roster.Errorf(roster.CodeRefused, "this cluster keeps nothing on disk (durability none)")
	}
	s.mu.Lock()
	open := maps.Clone(s.mu.open)
	s.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(open)) {
		kind, err := s.Kind(id)
		if err != nil {
			return moves, err
		}
		if kind == to {
			continue
		}
		if at, ok := ctx.Deadline(); ok && moves.Moved > 0 && time.Until(at) < moveSpare {
			moves.Left++
			continue
		}
		if err := s.moveOne(ctx, id, open[id], to); err != nil {
			return moves, err
		}
		moves.Moved++
	}
	return moves, nil
}

func (s *Stores) moveOne(ctx context.Context, id roster.ShardID, m *Movable, to logstore.Kind) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), moveMax)
	defer cancel()
	start := time.Now()
	if err := s.Move(ctx, id, m, to); err != nil {
		return fmt.Errorf("move the log of shard %v: %w", id, err)
	}
	s.config.Logger.Info("moved a log", "shard", uint32(id), "to", to, "took", time.Since(start))
	return nil
}

// Move moves the log of an open shard into a store of another kind, while it is used:
// it copies what is there, then what was written meanwhile, lets writers wait for the
// last of it, compares, and writes down the new kind by one rename. Until then the old
// store is the shard's, and from then on the new one; what a crash leaves of the other
// goes with the next start. An error leaves the shard where it was, but for one of the
// rename itself, which stops it.
func (s *Stores) Move(ctx context.Context, id roster.ShardID, m *Movable, to logstore.Kind) error {
	select {
	case <-s.turn:
		defer func() { s.turn <- struct{}{} }()
	default:
		return roster.Errorf(roster.CodeConflict, "another log of this node is being moved, or the node stops")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.ended, cancel)()
	from, err := s.Kind(id)
	if err != nil || from == to {
		return err
	}
	if err := s.ready(id, to); err != nil {
		return err
	}
	next, err := s.open(id, to)
	if err != nil {
		return err
	}
	old := *m.current.Load()
	s.step("begun")
	record := func() error {
		s.step("copied")
		return logstore.Record(s.Dir(id), to)
	}
	if err := m.move(ctx, next, record); err != nil {
		if m.stopped() {
			return errors.Join(err, next.Close()) // nobody knows which is the shard's: the next start will
		}
		return errors.Join(err, next.Close(), s.removeOther(id, from))
	}
	s.step("recorded")
	err = errors.Join(old.Close(), s.removeOther(id, to))
	s.step("removed")
	return err
}

// ready makes room for a copy: what an earlier one has left goes.
func (s *Stores) ready(id roster.ShardID, to logstore.Kind) error {
	if to == logstore.Bolt {
		return logstore.RemoveBolt(s.Dir(id))
	}
	return s.removeOther(id, logstore.Bolt)
}

// move exchanges the store for next, when that holds the same. Switch makes it so on
// disk.
func (m *Movable) move(ctx context.Context, next logstore.Store, record func() error) error {
	old := *m.current.Load()
	m.takeDirty()
	from := uint64(0)
	for range roundsMax {
		last, err := copyLog(ctx, old, next, from)
		if err != nil {
			return err
		}
		if from = m.takeDirty(); from == math.MaxUint64 || last < from+copyBatch {
			break
		}
	}
	// Most is compared while writers go on: what they touch is copied and compared again.
	if err := m.compareQuiet(ctx, old, next, from); err != nil {
		return err
	}
	m.freeze()
	defer m.thaw()
	from = min(from, m.takeDirty())
	if _, err := copyLog(ctx, old, next, from); err != nil {
		return err
	}
	if err := errors.Join(trim(old, next), copyValues(old, next), compare(ctx, old, next, from)); err != nil {
		return err
	}
	if err := record(); err != nil {
		m.stop(fmt.Errorf("the move to another store did not end: %w", err))
		return err
	}
	m.current.Store(&next)
	m.mu.Lock()
	onFault := m.mu.onFault
	m.mu.Unlock()
	tell(next, onFault)
	return nil
}

// stop lets every later write fail: it is not known where it belongs.
func (m *Movable) stop(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mu.broken = err
}

func (m *Movable) stopped() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.mu.broken != nil
}

// copyLog makes next hold what old holds from an index on, and returns old's last.
func copyLog(ctx context.Context, old, next logstore.Store, from uint64) (last uint64, err error) {
	first, last, err := bounds(old)
	if err != nil || from == math.MaxUint64 {
		return last, err
	}
	_, end, err := bounds(next)
	if err != nil {
		return last, err
	}
	if from = max(from, first); end >= from {
		if err := next.DeleteRange(from, end); err != nil {
			return last, err
		}
	}
	var batch []*raft.Log
	for i := from; i <= last && last > 0; i++ {
		if err := ctx.Err(); err != nil {
			return last, err
		}
		var log raft.Log
		err := old.GetLog(i, &log)
		if err == nil {
			batch = append(batch, &log)
		} else if !errors.Is(err, raft.ErrLogNotFound) { // a gap, or deleted meanwhile
			return last, err
		}
		if len(batch) == copyBatch || i == last && len(batch) > 0 {
			if err := next.StoreLogs(batch); err != nil {
				return last, err
			}
			batch = nil
		}
	}
	return last, nil
}

func bounds(s logstore.Store) (first, last uint64, err error) {
	if first, err = s.FirstIndex(); err != nil {
		return 0, 0, err
	}
	last, err = s.LastIndex()
	return first, last, err
}

// trim deletes from next what old has deleted at either end since it was copied.
func trim(old, next logstore.Store) error {
	first, last, err := bounds(old)
	if err != nil {
		return err
	}
	low, high, err := bounds(next)
	if err != nil || high == 0 {
		return err
	}
	if last == 0 {
		return next.DeleteRange(low, high)
	}
	if low < first {
		if err := next.DeleteRange(low, first-1); err != nil {
			return err
		}
	}
	if high > last {
		return next.DeleteRange(last+1, high)
	}
	return nil
}

func copyValues(old, next logstore.Store) error {
	for _, name := range names {
		value, err := old.Get([]byte(name))
		if errors.Is(err, logstore.ErrNotFound) {
			continue
		}
		if err == nil {
			err = next.Set([]byte(name), value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// compareQuiet compares the entries below limit that nobody touches meanwhile.
func (m *Movable) compareQuiet(ctx context.Context, old, next logstore.Store, limit uint64) error {
	first, last, err := bounds(next)
	if err != nil {
		return err
	}
	for i := first; i <= last && last > 0 && i < limit; i++ {
		err := compareEntry(old, next, i)
		if err == nil && ctx.Err() == nil {
			continue
		}
		front, end := old.FirstIndex()
		if err := errors.Join(ctx.Err(), end); err != nil {
			return err
		}
		if i >= front && i < m.seeDirty() {
			return err
		}
	}
	return nil
}

func (m *Movable) seeDirty() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.mu.dirty
}

func compareEntry(old, next logstore.Store, i uint64) error {
	var a, b raft.Log
	x, y := old.GetLog(i, &a), next.GetLog(i, &b)
	if errors.Is(x, raft.ErrLogNotFound) && errors.Is(y, raft.ErrLogNotFound) {
		return nil
	}
	if err := errors.Join(x, y); err != nil {
		return err
	}
	if a.Index != b.Index || a.Term != b.Term || a.Type != b.Type || !bytes.Equal(a.Data, b.Data) || !bytes.Equal(a.Extensions, b.Extensions) {
		return fmt.Errorf("entry %d of the copy differs", i)
	}
	return nil
}

// compare returns an error unless both stores hold the same; entries are compared from
// an index on.
func compare(ctx context.Context, old, next logstore.Store, from uint64) error {
	first, last, err := bounds(old)
	if err != nil {
		return err
	}
	low, high, err := bounds(next)
	if err != nil {
		return err
	}
	if low != first || high != last {
		return fmt.Errorf("the copy has entries %d to %d, want %d to %d", low, high, first, last)
	}
	for i := max(first, from); i <= last && last > 0; i++ {
		if err := errors.Join(ctx.Err(), compareEntry(old, next, i)); err != nil {
			return err
		}
	}
	for _, name := range names {
		x, errX := old.Get([]byte(name))
		y, errY := next.Get([]byte(name))
		if !bytes.Equal(x, y) || (errX == nil) != (errY == nil) {
			return fmt.Errorf("value %s of the copy differs: %x and %x (%w, %w)", name, x, y, errX, errY)
		}
	}
	return nil
}
