package fsm

import (
	"errors"
	"io"

	"roster"
	"roster/fsm/codec"
)

// Snapshot is the state of a shard at one index. It stays as it is while the machine
// goes on, and may be written by any goroutine, once or often.
type Snapshot struct {
	shard roster.ShardID
	state *state
}

// Index returns the index that the snapshot reflects.
func (s *Snapshot) Index() roster.Index { return s.state.index }

// Now returns the log time that the snapshot reflects.
func (s *Snapshot) Now() roster.LogTime { return s.state.now }

// Digest returns what View.Digest returned when the snapshot was taken, without
// keeping the writer out meanwhile.
func (s *Snapshot) Digest() [32]byte { return s.state.digest(s.shard) }

// WriteTo writes the snapshot as a sealed stream of package codec, and returns how
// many bytes that took. Equal states give equal bytes. Its errors are those of w.
func (s *Snapshot) WriteTo(w io.Writer) (int64, error) {
	out := codec.NewStreamWriter(w)
	err := s.state.items(s.shard, out.Item)
	if err == nil {
		err = out.Close()
	}
	return out.Written(), err
}

var _ io.WriterTo = (*Snapshot)(nil)

// ErrSnapshot is the cause of every refusal of Restore.
var ErrSnapshot = errors.New("damaged snapshot")

// Restore replaces the state by a snapshot's. The whole stream is read, checked and
// loaded beside the present state first: after an error, an Internal *roster.Error
// that says what is wrong, the machine is what it was. Look-ups go on meanwhile and
// see either state. The stream must end where the snapshot does.
func (m *Machine) Restore(r io.Reader) error {
	next := &loader{shard: m.shard, state: newState()}
	err := codec.ReadStream(r, next.item)
	if err == nil && !next.begun {
		err = errors.New("it has no head")
	}
	if err != nil {
		return &roster.Error{Code: roster.CodeInternal, Detail: "snapshot refused", Shard: m.shard, Cause: errors.Join(ErrSnapshot, err)}
	}
	next.state.redrain()
	m.state, m.turn = next.state, turn{}
	m.table.Show(m.agents.roll, m.index)
	return nil
}

// loader takes items into a state that nobody sees yet.
type loader struct {
	shard roster.ShardID
	state *state
	begun bool
	last  uint64 // the tag of the last item: tags never fall
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
	case tag > tagFleets:
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
