package router

import (
	"encoding/binary"
	"slices"

	"roster"
	"roster/fsm/codec"
)

// The methods that routers call on each other. Numbers are part of the protocol
// between nodes.
const (
	MethodPropose   uint8 = 1 // operations for the leader of a shard
	MethodReadIndex uint8 = 2 // the index a linearizable read must wait for
)

// Outcome is what became of one operation: a result of the rules, or an error when
// it did not get that far.
type Outcome struct {
	roster.Result
	err error
}

// Refusal returns the error that a caller sees: the fault, or else the rules' no.
func (o Outcome) Refusal() error {
	if o.err != nil {
		return o.err
	}
	return o.Err
}

// appendOps encodes a propose request: shard, manner, count, then each op with its
// length.
func appendOps(b []byte, shard roster.ShardID, m manner, ops []Op) []byte {
	b = append(binary.AppendUvarint(b, uint64(shard)), byte(m))
	b = binary.AppendUvarint(b, uint64(len(ops)))
	for _, op := range ops {
		b = binary.AppendUvarint(b, uint64(len(op.Bytes())))
		b = append(b, op.Bytes()...)
	}
	return b
}

// opsBytes bounds what appendOps takes.
func opsBytes(ops []Op) int {
	size := 1 + 2*binary.MaxVarintLen32
	for _, op := range ops {
		size += len(op.Bytes()) + binary.MaxVarintLen32
	}
	return size
}

// decodeOps reads what appendOps wrote; the operations are part of b.
func decodeOps(b []byte) (roster.ShardID, manner, []Op, error) {
	r := reader{b: b}
	shard, m, count := roster.ShardID(r.uvarint()), manner(r.byte()), r.uvarint()
	if count > roster.BatchMax || m > together {
		return 0, 0, nil, errMessage
	}
	ops := make([]Op, 0, count)
	for range count {
		op, err := codec.Check(r.bytes())
		if err != nil {
			return 0, 0, nil, err
		}
		ops = append(ops, op)
	}
	return shard, m, ops, r.end()
}

// How much room most outcomes take: those with an agent of usual size, and brief ones.
const (
	outcomeBytes = 512
	briefBytes   = 96
)

// brief leaves of a changed record what a batch tells of it.
func (o Outcome) brief() Outcome {
	if change, ok := o.Value.(roster.Change); ok && change.Record != nil {
		r := &roster.Record{Revision: change.Record.Revision}
		r.ID = change.Record.ID
		o.Value = roster.Change{Outcome: change.Outcome, Record: r}
	}
	return o
}

// appendOutcomes encodes the answer to a propose: per op a byte that tells a fault
// from a result, and the result.
func appendOutcomes(b []byte, m manner, outcomes []Outcome) ([]byte, error) {
	scratch := make([]byte, 0, outcomeBytes)
	if m == together {
		b = slices.Grow(b, len(outcomes)*briefBytes)
	} else {
		b = slices.Grow(b, len(outcomes)*outcomeBytes)
	}
	for _, o := range outcomes {
		if m == together {
			o = o.brief()
		}
		result, fault := o.Result, byte(0)
		if o.err != nil {
			result, fault = roster.Result{Err: asError(o.err)}, 1
		}
		body, err := codec.AppendResult(scratch[:0], result)
		if err != nil {
			return nil, err
		}
		scratch = body
		b = append(b, fault)
		b = binary.AppendUvarint(b, uint64(len(body)))
		b = append(b, body...)
	}
	return b, nil
}

func decodeOutcomes(b []byte, count int) ([]Outcome, error) {
	r := reader{b: b}
	outcomes := make([]Outcome, count)
	for i := range outcomes {
		fault := r.byte()
		result, err := codec.DecodeResult(r.bytes())
		if err != nil {
			return nil, err
		}
		if fault == 1 {
			outcomes[i] = Outcome{err: result.Err}
		} else {
			outcomes[i] = Outcome{Result: result}
		}
	}
	return outcomes, r.end()
}

var errMessage = roster.Errorf(roster.CodeInternal, "malformed message between nodes: do all nodes run compatible versions?")

// reader walks a message; after the first fault it yields zeros and end reports it.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.b, r.bad = nil, true
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.bad = true
		return 0
	}
	c := r.b[0]
	r.b = r.b[1:]
	return c
}

func (r *reader) bytes() []byte {
	n := r.uvarint()
	if n > uint64(len(r.b)) {
		r.b, r.bad = nil, true
		return nil
	}
	body := r.b[:n]
	r.b = r.b[n:]
	return body
}

func (r *reader) end() error {
	if r.bad || len(r.b) > 0 {
		return errMessage
	}
	return nil
}

// asError returns err as an *Error: a fault without a code is Internal.
func asError(err error) *roster.Error {
	if code := roster.CodeOf(err); code != roster.CodeInternal {
		if e, ok := err.(*roster.Error); ok {
			return e
		}
		return roster.Errorf(code, "%s", err.Error())
	}
	return roster.Errorf(roster.CodeInternal, "%s", err.Error())
}
