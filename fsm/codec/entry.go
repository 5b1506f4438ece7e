package codec

import "roster"

// The format versions. A version is never reused.
const (
	entryVersion  = 1
	opVersion     = 1
	resultVersion = 1
	mapVersion    = 1
)

// AppendEntry appends e to dst. It refuses (Invalid) a command that is not in the
// table and more than EntryOpsMax operations.
func AppendEntry(dst []byte, e roster.Entry) ([]byte, error) {
	w := NewWriter(dst)
	w.entry(e, len(e.Ops))
	for _, op := range e.Ops {
		w.op(op)
	}
	return w.Finish()
}

// entry begins an entry of so many operations, which must follow.
func (w *Writer) entry(e roster.Entry, ops int) {
	if ops > roster.EntryOpsMax {
		w.Note(roster.Invalid("", "an entry of %d operations; at most %d", ops, roster.EntryOpsMax))
	}
	w.Array(5)
	w.Uint(entryVersion)
	w.Uint(uint64(e.Shard))
	w.Int(int64(e.At))
	w.Int(int64(e.Wall))
	w.Array(ops)
}

// DecodeEntry reads what AppendEntry wrote. A fault is an Internal *roster.Error with
// one of this package's errors as its cause.
func DecodeEntry(b []byte) (roster.Entry, error) {
	r := NewReader(b)
	r.Array(5)
	r.version("a log entry", entryVersion)
	e := roster.Entry{Shard: roster.ShardID(r.Uint32()), At: roster.LogTime(r.Int()), Wall: roster.WallTime(r.Int())}
	e.Ops = items(r, (*Reader).op)
	if len(e.Ops) > roster.EntryOpsMax {
		r.Fail("an entry of %d operations", len(e.Ops))
	}
	if err := r.Finish(); err != nil {
		return roster.Entry{}, err
	}
	return e, nil
}

// AppendOp appends one operation to dst, as a forward to another node carries it.
func AppendOp(dst []byte, op roster.Op) ([]byte, error) {
	w := NewWriter(dst)
	w.Array(2)
	w.Uint(opVersion)
	w.op(op)
	return w.Finish()
}

// DecodeOp reads what AppendOp wrote; see DecodeEntry for its faults.
func DecodeOp(b []byte) (roster.Op, error) {
	r := NewReader(b)
	r.Array(2)
	r.version("an operation", opVersion)
	op := r.op()
	if err := r.Finish(); err != nil {
		return roster.Op{}, err
	}
	return op, nil
}

// EntryHeadMax bounds the bytes of an entry beside those of its operations.
const EntryHeadMax = 40

func (w *Writer) op(op roster.Op) {
	if op.Command == nil {
		w.Note(roster.Invalid("", "an operation without a command"))
		return
	}
	w.Array(10)
	w.Uint(op.Request.Client)
	w.Uint(op.Request.Seq)
	w.Uint(op.Request.Done)
	w.Text(string(op.Actor.Agent))
	w.Uint(uint64(op.Actor.Epoch))
	w.Text(string(op.By))
	w.Text(string(op.Trace))
	w.Uint(op.Ring)
	w.Uint(uint64(op.Command.Kind()))
	w.command(op.Command)
}

func (r *Reader) op() roster.Op {
	r.Array(10)
	op := roster.Op{
		Request: roster.Request{Client: r.Uint(), Seq: r.Uint(), Done: r.Uint()},
		Actor:   roster.Actor{Agent: roster.AgentID(r.Text()), Epoch: roster.Epoch(r.Uint())},
		By:      roster.Principal(r.Text()),
		Trace:   roster.TraceContext(r.Text()),
		Ring:    r.Uint(),
	}
	op.Command = r.command(r.Uint())
	return op
}
