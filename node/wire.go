package node

import (
	"encoding/binary"
	"encoding/json"

	"roster"
	"roster/fsm/codec"
)

// The methods that nodes call on each other. Numbers are part of the protocol.
const (
	methodPropose   uint8 = 1 // operations for the leader of a shard
	methodReadIndex uint8 = 2 // the index a linearizable read must wait for
	methodRenew     uint8 = 3 // renewals for the leader of the sessions' home shard
	methodHello     uint8 = 4 // who are you
	methodAdmit     uint8 = 5 // a node asks to enter the cluster
	methodPromise   uint8 = 6 // founding: bind yourself to my proposal
	methodRelease   uint8 = 7 // founding: I gave that proposal up
	methodFound     uint8 = 8 // founding: all have promised, begin
)

// outcome is what became of one operation: a result of the rules, or an error when
// it did not get that far.
type outcome struct {
	roster.Result
	err error
}

// refusal returns the error that a caller sees: the fault, or else the rules' no.
func (o outcome) refusal() error {
	if o.err != nil {
		return o.err
	}
	return o.Err
}

// appendOps encodes a propose request: shard, count, then each op with its length.
func appendOps(b []byte, shard roster.ShardID, ops []roster.Op) ([]byte, error) {
	b = binary.AppendUvarint(b, uint64(shard))
	b = binary.AppendUvarint(b, uint64(len(ops)))
	for _, op := range ops {
		body, err := codec.AppendOp(nil, op)
		if err != nil {
			return nil, err
		}
		b = binary.AppendUvarint(b, uint64(len(body)))
		b = append(b, body...)
	}
	return b, nil
}

func decodeOps(b []byte) (roster.ShardID, []roster.Op, error) {
	r := reader{b: b}
	shard, count := roster.ShardID(r.uvarint()), r.uvarint()
	if count > roster.BatchMax {
		return 0, nil, errWire
	}
	ops := make([]roster.Op, 0, count)
	for range count {
		op, err := codec.DecodeOp(r.bytes())
		if err != nil {
			return 0, nil, err
		}
		ops = append(ops, op)
	}
	return shard, ops, r.end()
}

// appendOutcomes encodes the answer to a propose: per op a byte that tells a fault
// from a result, and the result.
func appendOutcomes(b []byte, outcomes []outcome) ([]byte, error) {
	for _, o := range outcomes {
		result, fault := o.Result, byte(0)
		if o.err != nil {
			result, fault = roster.Result{Err: asError(o.err)}, 1
		}
		body, err := codec.AppendResult(nil, result)
		if err != nil {
			return nil, err
		}
		b = append(b, fault)
		b = binary.AppendUvarint(b, uint64(len(body)))
		b = append(b, body...)
	}
	return b, nil
}

func decodeOutcomes(b []byte, count int) ([]outcome, error) {
	r := reader{b: b}
	outcomes := make([]outcome, count)
	for i := range outcomes {
		fault := r.byte()
		result, err := codec.DecodeResult(r.bytes())
		if err != nil {
			return nil, err
		}
		if fault == 1 {
			outcomes[i] = outcome{err: result.Err}
		} else {
			outcomes[i] = outcome{Result: result}
		}
	}
	return outcomes, r.end()
}

var errWire = roster.Errorf(roster.CodeInternal, "malformed message between nodes: do all nodes run compatible versions?")

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
		return errWire
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

// unmarshal reads the JSON of the rare messages; propose and read index are binary.
func unmarshal[T any](body []byte) (T, error) {
	var v T
	if err := json.Unmarshal(body, &v); err != nil {
		return v, errWire
	}
	return v, nil
}
