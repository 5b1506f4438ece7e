package digests

import (
	"context"
	"encoding/binary"
	"io"
	"os"
	"sync"
	"time"

	"roster"
	"roster/shard"
)

// MethodSeed asks a node for a part of a replica's state:
//
//	question: shard uvarint  offset uvarint
//	answer:   index uvarint  part, of at most seedPart bytes; one that is shorter is the last
//
// A question for offset 0 captures the state anew; each further one goes on where the last
// answer ended.
const MethodSeed uint8 = 10

const (
	seedPart    = 1 << 20
	seedIdleMax = 30 * time.Second // until a state that nobody fetches is let go of
	seedsMax    = 4                // states that are fetched from one node at the same time
)

// seeds are states on their way to other nodes.
type seeds struct {
	sync.Mutex
	open map[seedKey]*seed // nil when closed
}

type seedKey struct {
	to    roster.NodeID
	shard roster.ShardID
}

// seed is one state, written as far as it was asked for.
type seed struct {
	index  uint64
	offset uint64
	stream *io.PipeReader
	used   time.Time
}

func newSeed(g *shard.Group) (*seed, error) {
	index, state, err := g.Seed()
	if err != nil {
		return nil, err
	}
	r, w := io.Pipe()
	go func() { // ends when the reader is closed, by the last part or after seedIdleMax
		_, err := state.WriteTo(w)
		w.CloseWithError(err)
	}()
	return &seed{index: index, stream: r, used: time.Now()}, nil
}

// ServeSeed answers another node's question for a part of a state.
func (d *Digests) ServeSeed(from roster.NodeID, body []byte) ([]byte, error) {
	in := reader{b: body}
	id, offset := roster.ShardID(in.uvarint()), in.uvarint()
	if in.bad {
		return nil, roster.Errorf(roster.CodeInvalid, "this is no question for a part of a state")
	}
	d.seeds.Lock()
	defer d.seeds.Unlock()
	s, err := d.seeds.at(seedKey{from, id}, offset, d.group)
	if err != nil {
		return nil, err
	}
	part := make([]byte, seedPart)
	n, err := io.ReadFull(s.stream, part)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, err
	}
	s.offset, s.used = s.offset+uint64(n), time.Now()
	if n < seedPart {
		d.seeds.drop(seedKey{from, id})
	}
	return append(binary.AppendUvarint(nil, s.index), part[:n]...), nil
}

// at returns the state that goes on at offset; the lock is held.
func (s *seeds) at(key seedKey, offset uint64, group func(roster.ShardID) (*shard.Group, error)) (*seed, error) {
	if offset == 0 {
		if s.open == nil {
			return nil, roster.Errorf(roster.CodeUnavailable, "this node is stopping")
		}
		s.drop(key)
		if s.expire(); len(s.open) >= seedsMax {
			return nil, roster.Errorf(roster.CodeOverloaded, "%d states are being fetched from this node", len(s.open))
		}
		g, err := group(key.shard)
		if err != nil {
			return nil, err
		}
		next, err := newSeed(g)
		if err != nil {
			return nil, err
		}
		s.open[key] = next
	}
	if s.open[key] == nil || s.open[key].offset != offset {
		return nil, roster.Errorf(roster.CodeConflict, "no state of shard %v goes on at %d: begin anew", key.shard, offset)
	}
	return s.open[key], nil
}

// expire lets go of what nobody fetches; the lock is held.
func (s *seeds) expire() {
	for key, seed := range s.open {
		if time.Since(seed.used) > seedIdleMax {
			s.drop(key)
		}
	}
}

func (s *seeds) drop(key seedKey) {
	if seed := s.open[key]; seed != nil {
		_ = seed.stream.Close() // ends the writer; there is nothing to fail
		delete(s.open, key)
	}
}

// close lets go of everything, and gives nothing more.
func (s *seeds) close() {
	s.Lock()
	defer s.Unlock()
	for key := range s.open {
		s.drop(key)
	}
	s.open = nil
}

// reseed gives a replica in quarantine the state of the one that leads. It is fetched
// whole before anything changes.
func (d *Digests) reseed(ctx context.Context, g *shard.Group) error {
	leader, _ := g.Leader()
	if leader == "" || leader == d.c.Self {
		return roster.Errorf(roster.CodeUnavailable, "shard %v has no other leader to take the state from", g.ID())
	}
	file, err := os.CreateTemp(d.c.Dir, "seed-*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	defer file.Close()
	index, err := d.fetch(ctx, leader, g.ID(), file)
	if err != nil {
		return err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if err := g.Reseed(index, file); err != nil {
		return err
	}
	d.c.Logger.Warn("replica replaced by the leader's", "shard", g.ID(), "leader", leader, "entry", index)
	return nil
}

// fetch copies the state of a shard from another node, and returns the Raft index up to
// which it has everything.
func (d *Digests) fetch(ctx context.Context, from roster.NodeID, id roster.ShardID, to io.Writer) (index uint64, err error) {
	for offset, n := uint64(0), seedPart; n == seedPart; offset += uint64(n) {
		var part []byte
		if index, part, err = d.part(ctx, from, id, offset); err != nil {
			return 0, err
		}
		n = len(part)
		if _, err := to.Write(part); err != nil {
			return 0, err
		}
	}
	return index, nil
}

func (d *Digests) part(ctx context.Context, from roster.NodeID, id roster.ShardID, offset uint64) (index uint64, part []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, callMax)
	defer cancel()
	question := binary.AppendUvarint(binary.AppendUvarint(nil, uint64(id)), offset)
	answer, err := d.c.Call(ctx, from, MethodSeed, question)
	if err != nil {
		return 0, nil, err
	}
	in := reader{b: answer}
	if index = in.uvarint(); in.bad {
		return 0, nil, roster.Errorf(roster.CodeInvalid, "this is no part of a state")
	}
	return index, in.b, nil
}

// reader reads numbers; bad is set when there is none.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) uvarint() uint64 {
	x, n := binary.Uvarint(r.b)
	r.bad = r.bad || n <= 0
	r.b = r.b[max(n, 0):]
	return x
}
