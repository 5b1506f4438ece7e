package wal

import (
	"context"
	"errors"
	"fmt"

	"roster/shard/logstore/wal/format"
	"roster/shard/logstore/wal/index"
)

const (
	// sparesMax is how many segments that were given up wait to be used again.
	sparesMax = 2
	// slackSegments may be in use beyond twice what lives before entries are moved.
	slackSegments = 4
	// movesBytes is how much the cleaner moves at a time.
	movesBytes = 256 << 10
	// looksMax is how many entries the cleaner looks at while a group must wait.
	looksMax = 1 << 14
)

var errStopping = errors.New("the cleaner is told to stop")

// prepare makes segments ready, so that the committer finds the next one waiting.
func (l *Log) prepare(ctx context.Context) error {
	for seq := l.tail().seq + 1; ; seq++ {
		s, err := l.segmentToCome(seq)
		if err != nil {
			return fmt.Errorf("prepare %s: %w", l.fs.Path(segmentName(seq)), err)
		}
		select {
		case l.next <- s:
		case <-ctx.Done():
			return s.file.Close()
		case <-l.failed:
			return s.file.Close()
		}
		select { // no more than one file has yet to begin, or a start would not know which is damaged
		case <-l.began:
		case <-ctx.Done():
			return nil
		case <-l.failed:
			return nil
		}
	}
}

// segmentToCome renames a spare segment or makes a new one. Its name is safe before
// anything is written to it; what a spare still holds means nothing under a new number.
func (l *Log) segmentToCome(seq uint32) (*segment, error) {
	s := &segment{seq: seq, seed: format.Seed(l.name, seq)}
	s.size.Store(int64(l.options.SegmentBytes))
	select {
	case old := <-l.spares:
		s.file = old.file
		if err := l.fs.Rename(segmentName(old.seq), segmentName(seq)); err != nil {
			return nil, err
		}
	default:
		var err error
		if s.file, err = l.fs.Create(segmentName(seq), s.size.Load()); err != nil {
			return nil, err
		}
		if err := s.file.Sync(); err != nil {
			return nil, errors.Join(err, s.file.Close())
		}
	}
	return s, l.fs.Sync()
}

// clean gives up segments in which nothing lives, and moves what lives out of the way
// when they take too much room.
func (l *Log) clean(ctx context.Context) error {
	for {
		select {
		case <-l.untidy:
		case <-l.failed:
			return nil
		case <-ctx.Done():
			return nil
		}
		for work := true; work; {
			var err error
			if work, err = l.tidy(ctx); err != nil {
				if errors.Is(err, errStopping) || l.Fault() != nil {
					return nil
				}
				return err
			}
		}
	}
}

// tidy takes one step and reports whether there may be another.
func (l *Log) tidy(ctx context.Context) (bool, error) {
	rows := *l.rows.Load()
	var dead []*segment
	for _, s := range rows[:len(rows)-1] { // what is written last stays
		if s.live.Load() > 0 {
			break
		}
		dead = append(dead, s)
	}
	if len(dead) > 0 {
		return true, l.giveUp(dead)
	}
	if !l.crowded() {
		return false, nil
	}
	return true, l.evacuate(ctx, rows[0])
}

// crowded reports whether the segments outgrow what lives in them.
func (l *Log) crowded() bool {
	s := l.Size()
	return s.Segments > 1 && int64(s.Segments) > 2*s.Live/int64(l.options.SegmentBytes)+slackSegments
}

// giveUp takes the oldest segments out of the log. First a frame says that they are
// not needed, so that a start never misses them, nor waits for them.
func (l *Log) giveUp(dead []*segment) error {
	if err := l.write(op{kind: kindLow, low: uint64(dead[len(dead)-1].seq) + 1}, 0); err != nil {
		return err
	}
	l.setRows(func(rows []*segment) []*segment { return rows[len(dead):] })
	var errs []error
	for _, s := range dead {
		if len(errs) > 0 || l.Fault() != nil {
			errs = append(errs, s.file.Close(), l.Fault())
		} else if err := l.reuse(s); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// reuse keeps the file of a segment for later, or removes it when enough are kept. Files
// of another size than segments have now do not stay.
func (l *Log) reuse(s *segment) error {
	if s.size.Load() == int64(l.options.SegmentBytes) {
		select {
		case l.spares <- s:
			return nil
		default:
		}
	}
	if err := l.fs.Remove(segmentName(s.seq)); err != nil {
		return errors.Join(err, s.file.Close())
	}
	return errors.Join(l.fs.Sync(), s.file.Close())
}

// evacuate moves every entry that lives in s to the end of the log.
func (l *Log) evacuate(ctx context.Context, s *segment) error {
	for _, id := range l.Groups() {
		g := l.group(id)
		if g == nil {
			continue
		}
		for from, more := uint64(0), true; more; more = from > 0 {
			if ctx.Err() != nil {
				return errStopping
			}
			var moves []move
			var bytes int
			var err error
			if moves, bytes, from, err = g.movesFrom(s, from); err != nil {
				return err
			}
			if len(moves) == 0 {
				continue
			}
			if err := l.write(op{group: g, kind: format.KindEntry, moves: moves}, bytes); err != nil {
				return err
			}
		}
	}
	if left := s.live.Load(); left != 0 {
		return fmt.Errorf("%w: %d bytes live in %s and no group has them", ErrCorrupt, left, l.fs.Path(segmentName(s.seq)))
	}
	return nil
}

// movesFrom reads some of the group's entries that stand in s, beginning with index
// from, and returns where to go on, 0 at the end.
func (g *group) movesFrom(s *segment, from uint64) (moves []move, bytes int, next uint64, err error) {
	g.mu.RLock()
	next = g.mu.index.Within(s.seq, from, looksMax, func(i uint64, p index.Place) bool {
		moves = append(moves, move{index: i, from: p})
		bytes += int(p.Size)
		return bytes < movesBytes
	})
	g.mu.RUnlock()
	for i := range moves {
		p := moves[i].from
		record := make([]byte, p.Size)
		if _, err := s.file.ReadAt(record, int64(p.Off)); err != nil {
			return nil, 0, 0, g.unread(moves[i].index, err)
		}
		if moves[i].payload, err = g.check(moves[i].index, p, record); err != nil {
			return nil, 0, 0, err
		}
	}
	return moves, bytes, next, nil
}
