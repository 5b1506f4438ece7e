package fsm

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"
	"hash/crc32"
	"io"

	"roster"
	"roster/fsm/codec"
)

// ErrSnapshot is the cause of every refusal of Restore that is the stream's fault.
var ErrSnapshot = errors.New("damaged snapshot")

// Restore replaces the state by a snapshot's. The whole stream is read, checked and
// loaded beside the present state first: after an error, an Internal *roster.Error
// that says what is wrong, the machine is what it was. Look-ups go on meanwhile and
// see either state. The stream must end where the snapshot does.
func (m *Machine) Restore(r io.Reader) error {
	next, err := m.read(r)
	if err != nil {
		return err
	}
	m.state = next
	m.turn = turn{}
	m.table.Replace(func(yield func(*roster.Record) bool) {
		next.agents.byID.Scan(func(_ roster.AgentID, r *roster.Record) bool { return yield(r) })
	}, next.agents.byID.Len(), next.index)
	return nil
}

// damaged reports what is wrong with a stream.
func damaged(cause error, format string, args ...any) error {
	e := roster.Errorf(roster.CodeInternal, format, args...)
	e.Cause = errors.Join(ErrSnapshot, cause)
	return e
}

// read returns the state in a snapshot.
func (m *Machine) read(r io.Reader) (*state, error) {
	in := &blockReader{r: r, sum: sha256.New()}
	if err := in.header(); err != nil {
		return nil, err
	}
	next := &loader{shard: m.shard, state: newState()}
	for n := 1; ; n++ {
		payload, err := in.block(n)
		if err != nil {
			return nil, err
		}
		if len(payload) == 0 {
			break
		}
		if err := next.block(payload); err != nil {
			return nil, damaged(err, "snapshot block %d cannot be loaded", n)
		}
	}
	if err := in.trailer(); err != nil {
		return nil, err
	}
	if !next.begun {
		return nil, damaged(nil, "the snapshot has no head")
	}
	next.state.redrain()
	return next.state, nil
}

// blockReader checks a stream block by block.
type blockReader struct {
	r   io.Reader
	sum hash.Hash
	b   []byte
}

// take reads n bytes and adds them to the sum.
func (in *blockReader) take(n int, what string) ([]byte, error) {
	if cap(in.b) < n {
		in.b = make([]byte, n)
	}
	b := in.b[:n]
	if got, err := io.ReadFull(in.r, b); err != nil {
		return nil, damaged(err, "the snapshot ends early: %d of %d bytes of %s", got, n, what)
	}
	in.sum.Write(b)
	return b, nil
}

func (in *blockReader) header() error {
	b, err := in.take(len(snapshotMagic)+4, "the header")
	if err != nil {
		return err
	}
	if string(b[:len(snapshotMagic)]) != snapshotMagic {
		return damaged(nil, "not a snapshot: it begins with %q", b[:len(snapshotMagic)])
	}
	if v := binary.LittleEndian.Uint32(b[len(snapshotMagic):]); v != snapshotVersion {
		return damaged(codec.ErrVersion, "a snapshot of format %d; this release reads %d", v, snapshotVersion)
	}
	return nil
}

// block returns the next payload; it is good until the next call.
func (in *blockReader) block(n int) ([]byte, error) {
	head, err := in.take(blockHead, "a block's head")
	if err != nil {
		return nil, err
	}
	size, want := binary.LittleEndian.Uint32(head), binary.LittleEndian.Uint32(head[4:])
	if size > SnapshotBlockMax {
		return nil, damaged(nil, "snapshot block %d claims %d bytes; at most %d", n, size, SnapshotBlockMax)
	}
	payload, err := in.take(int(size), "a block")
	if err != nil {
		return nil, err
	}
	if got := crc32.Checksum(payload, castagnoli); got != want {
		return nil, damaged(nil, "snapshot block %d has the checksum %08x, not %08x", n, got, want)
	}
	return payload, nil
}

// trailer compares the sum of all that was read and makes sure that nothing follows.
func (in *blockReader) trailer() error {
	want := in.sum.Sum(nil)
	got, err := in.take(sha256.Size, "the sum")
	if err != nil {
		return err
	}
	if !bytes.Equal(got, want) {
		return damaged(nil, "the snapshot's sum is %x, not %x", want, got)
	}
	if _, err := io.ReadFull(in.r, make([]byte, 1)); err != io.EOF {
		return damaged(err, "bytes follow the snapshot")
	}
	return nil
}

// loader takes items into a state that nobody sees yet.
type loader struct {
	shard roster.ShardID
	state *state
	begun bool
	last  uint64 // the tag of the last item: tags never fall
}

func (l *loader) block(payload []byte) error {
	r := codec.NewReader(payload)
	for r.More() {
		l.item(r)
	}
	return r.Finish()
}

func (l *loader) item(r *codec.Reader) {
	r.Array(2)
	tag := r.Uint()
	switch {
	case r.Err() != nil:
	case tag == tagHead:
		l.head(r)
	case !l.begun || tag < l.last:
		r.Fail("section %d out of order", tag)
	case tag > tagMap:
		r.Fail("unknown section %d: it was written by a newer version", tag)
	default:
		l.last = tag
		l.state.sections()[tag-1].load(r)
	}
}

func (l *loader) head(r *codec.Reader) {
	r.Array(3)
	shard := roster.ShardID(r.Uint32())
	if l.begun || r.Err() == nil && shard != l.shard {
		r.Fail("a head of shard %d in a snapshot of shard %d", shard, l.shard)
	}
	l.state.index, l.state.now = roster.Index(r.Uint()), roster.LogTime(r.Int())
	l.begun = true
}
