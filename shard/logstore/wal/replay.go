package wal

import (
	"bytes"
	"fmt"
	"maps"

	"roster/shard/logstore/wal/format"
	"roster/shard/logstore/wal/index"
)

// blankBytes are read at once to see whether a file is blank.
const blankBytes = 1 << 20

// replay reads segments through and rebuilds the groups.
type replay struct {
	log  *Log
	name uint64
}

// run reads all segments. The last one may end in a torn frame, or not have begun.
func (r *replay) run(rows []*segment, heads []format.Header) error {
	for i, s := range rows {
		last := i+1 >= len(heads) // nothing was synced after what stands here
		if i >= len(heads) {
			if err := r.unbegun(s); err != nil {
				return err
			}
			break
		}
		if heads[i].First != r.log.commit.number+1 {
			return fmt.Errorf("%w: %s begins with frame %d, want %d: what stands before it is damaged", ErrCorrupt, r.path(s), heads[i].First, r.log.commit.number+1)
		}
		if err := r.segment(s, last); err != nil {
			return err
		}
	}
	if r.log.commit.low == 0 { // there is no frame
		r.log.commit.low = 1
	}
	if front := r.log.commit.front.Number(); r.log.commit.number < front {
		return fmt.Errorf("%w: the log ends with frame %d, but frame %d had been synced: %s is damaged", ErrCorrupt, r.log.commit.number, front, r.path(rows[len(heads)-1]))
	}
	if low := r.log.commit.low; low < rows[0].seq {
		return fmt.Errorf("%w: %s is missing", ErrCorrupt, r.log.fs.Path(segmentName(low)))
	}
	return nil
}

func (r *replay) path(s *segment) string { return r.log.fs.Path(segmentName(s.seq)) }

// segment reads the frames of s up to the first one that is not whole.
func (r *replay) segment(s *segment, last bool) error {
	reader := format.NewReader(s.file, s.size.Load(), s.seed)
	end := int64(format.Sector)
	for {
		f, records, ok, err := reader.Frame(end, r.log.commit.number+1)
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		r.log.commit.number, r.log.commit.low = f.Number, f.Low
		for _, rec := range records {
			if err := r.apply(s, rec); err != nil {
				return fmt.Errorf("%w in %s at byte %d", err, r.path(s), rec.Off)
			}
		}
		end += format.Span(int(f.Bytes))
	}
	s.end.Store(end)
	if !last {
		return nil // the next header says whether this was the end
	}
	if at, found, err := reader.Later(end, r.log.commit.number+1); found || err != nil {
		if err == nil {
			err = fmt.Errorf("%w: frame %d of %s, at byte %d, is damaged: another follows at byte %d, so it had been synced", ErrCorrupt, r.log.commit.number+1, r.path(s), end, at)
		}
		return err
	}
	return nil
}

// unbegun makes sure that nothing was synced in a segment without a header. Its first
// frame is written together with the header.
func (r *replay) unbegun(s *segment) error {
	s.seed = format.Seed(r.name, s.seq)
	at, found, err := format.NewReader(s.file, s.size.Load(), s.seed).Later(format.Sector, r.log.commit.number+1)
	if found {
		err = fmt.Errorf("%w: the header of %s is damaged: a frame follows at byte %d", ErrCorrupt, r.path(s), at)
	}
	return err
}

// apply does to a group what the record says.
func (r *replay) apply(s *segment, rec format.Record) error {
	g := r.log.mu.groups[rec.Group]
	switch {
	case rec.Kind == format.KindBase:
		return r.base(s, g, rec)
	case rec.Kind == format.KindBegin && g == nil:
		g = newGroup(r.log, rec.Group)
		r.log.mu.groups[rec.Group] = g
	case rec.Kind == format.KindMoved && g != nil:
		if g.chain != rec.Chain {
			return fmt.Errorf("%w: the chain of group %d breaks", ErrCorrupt, rec.Group)
		}
		return r.change(s, g, rec)
	case rec.Kind == format.KindBegin || g == nil:
		return fmt.Errorf("%w: group %d begins in its middle, or twice", ErrCorrupt, rec.Group)
	}
	g.chain = format.Link(g.chain, rec.Kind, rec.Sum, len(rec.Payload))
	g.mu.chain = g.chain
	if g.chain != rec.Chain {
		return fmt.Errorf("%w: the chain of group %d breaks", ErrCorrupt, rec.Group)
	}
	return r.change(s, g, rec)
}

func (r *replay) change(s *segment, g *group, rec format.Record) error {
	ok := true
	switch rec.Kind {
	case format.KindEntry, format.KindMoved:
		var i uint64
		if i, ok = format.EntryIndex(rec.Payload); ok {
			g.enter(i, index.Place{Seq: s.seq, Off: rec.Off, Size: rec.Size})
		}
	case format.KindDelete:
		var low, high uint64
		if low, high, ok = format.DecodeDelete(rec.Payload); ok {
			g.mu.index.Cut(low, high, g.dead)
		}
	case format.KindBegin:
		g.mu.begun = true
	case format.KindDrop:
		g.mu.index.Cut(0, ^uint64(0), g.dead)
		delete(r.log.mu.groups, g.id)
	case format.KindValues:
		var values []format.Value
		values, ok = format.DecodeValues(rec.Payload)
		g.set(values)
	default:
		ok = false
	}
	if !ok {
		return fmt.Errorf("%w: a record of kind %d cannot be read", ErrCorrupt, rec.Kind)
	}
	return nil
}

// base begins with what a segment says of a group, or compares it with what the
// segments before have said.
func (r *replay) base(s *segment, g *group, rec format.Record) error {
	values, ok := format.DecodeValues(rec.Payload)
	if !ok {
		return fmt.Errorf("%w: values of group %d", ErrCorrupt, rec.Group)
	}
	said := map[string][]byte{}
	for _, v := range values {
		said[v.Key] = v.Bytes
	}
	if g == nil && s.seq == (*r.log.rows.Load())[0].seq {
		g = newGroup(r.log, rec.Group)
		g.chain, g.mu.begun, g.mu.chain, g.mu.values = rec.Chain, true, rec.Chain, said
		r.log.mu.groups[rec.Group] = g
		return nil
	}
	if g == nil || g.chain != rec.Chain || !maps.EqualFunc(g.mu.values, said, bytes.Equal) {
		return fmt.Errorf("%w: group %d is not what the segments before say", ErrCorrupt, rec.Group)
	}
	return nil
}
