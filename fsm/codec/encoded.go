package codec

import (
	"errors"

	"roster"
	"roster/fsm/codec/pack"
)

// Encoded is one operation in the bytes that entries hold. It is written once, where
// the operation begins; forwards and entries carry the bytes on as they are. It is
// immutable; the zero value is none.
type Encoded struct {
	bytes []byte // as AppendOp writes
	kind  roster.Kind
	level int16
	exact bool
}

// opHead is how many bytes AppendOp writes before what an entry holds of an operation.
const opHead = 2

// opArray is the first of those, the head of an array of two in the form that we write.
const opArray = 0x92

// Encode writes an operation. It refuses (Invalid) a command that is not in the table.
func Encode(op roster.Op) (Encoded, error) {
	b, err := AppendOp(nil, op)
	if err != nil {
		return Encoded{}, err
	}
	return encoded(b, op), nil
}

func encoded(b []byte, op roster.Op) Encoded {
	return Encoded{bytes: b, kind: op.Command.Kind(), level: int16(LevelOf(op.Command)), exact: op.Request.Client != 0}
}

// Check takes an operation that another node wrote, as AppendOp does, and keeps b. It
// builds nothing, but refuses all that DecodeOp refuses, and with the same faults: what
// a log holds must be readable on every replica.
func Check(b []byte) (Encoded, error) {
	r := Reader{Reader: *pack.NewDry(b)}
	r.Array(2)
	r.version("an operation", opVersion)
	op := r.op()
	if err := r.Finish(); err != nil {
		return Encoded{}, err
	}
	e := encoded(b, op)
	if b[0] != opArray || b[1] != opVersion || formLevels[e.kind] {
		return e.plain() // an array may be written in longer forms than ours
	}
	return e, nil
}

// plain writes an operation again, in the form that this package writes.
func (e Encoded) plain() (Encoded, error) {
	op, err := DecodeOp(e.bytes)
	if err != nil {
		return Encoded{}, err
	}
	return Encode(op)
}

// Kind returns the kind of the operation's command.
func (e Encoded) Kind() roster.Kind { return e.kind }

// Level returns the level of commands that the operation needs: see Level.
func (e Encoded) Level() int { return int(e.level) }

// Exact reports whether the operation carries a Request, so that it may be sent again.
func (e Encoded) Exact() bool { return e.exact }

// Bytes returns what AppendOp wrote; leave them as they are.
func (e Encoded) Bytes() []byte { return e.bytes }

// Size returns how many bytes the operation takes in an entry. An entry's own head
// takes fewer than EntryHeadMax more.
func (e Encoded) Size() int { return max(0, len(e.bytes)-opHead) }

// Op reads the operation.
func (e Encoded) Op() (roster.Op, error) { return DecodeOp(e.bytes) }

var errNoOp = errors.New("an operation that was never written")

// AppendEncoded is AppendEntry of operations that are written already; e.Ops is left
// out of account.
func AppendEncoded(dst []byte, e roster.Entry, ops []Encoded) ([]byte, error) {
	w := NewWriter(dst)
	w.entry(e, len(ops))
	for _, op := range ops {
		if len(op.bytes) < opHead {
			return dst, errNoOp
		}
		w.Raw(op.bytes[opHead:])
	}
	return w.Finish()
}
