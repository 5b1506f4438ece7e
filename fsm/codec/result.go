package codec

import (
	"errors"
	"time"

	"roster"
	"roster/fleet"
)

// The tags of Result.Value.
const (
	valueNil     = 0
	valueChange  = 1
	valueSession = 2
	valueFleet   = 3 // from level 3 on
)

// AppendResult appends a result to dst, its Events left out. An Err that is no
// *roster.Error is written as Internal with its text; a Cause stays behind. It
// refuses (Invalid) a Value that is neither nil, a Change, a Session nor a fleet.Change.
func AppendResult(dst []byte, x roster.Result) ([]byte, error) {
	w := NewWriter(dst)
	w.Array(2)
	w.Uint(resultVersion)
	w.Result(x)
	return w.Finish()
}

// DecodeResult reads what AppendResult wrote; see DecodeEntry for its faults.
func DecodeResult(b []byte) (roster.Result, error) {
	r := NewReader(b)
	r.Array(2)
	r.version("a result", resultVersion)
	x := r.Result()
	if err := r.Finish(); err != nil {
		return roster.Result{}, err
	}
	return x, nil
}

// Result writes a result, its Events left out.
func (w *Writer) Result(x roster.Result) {
	w.Array(4)
	w.Uint(uint64(x.Index))
	switch v := x.Value.(type) {
	case nil:
		w.Uint(valueNil)
		w.Nil()
	case roster.Change:
		w.Uint(valueChange)
		w.Array(2)
		w.Text(string(v.Outcome))
		w.Record(v.Record)
	case roster.Session:
		w.Uint(valueSession)
		w.Session(v)
	case fleet.Change:
		w.Uint(valueFleet)
		w.fleetChange(v)
	default:
		w.Note(roster.Invalid("", "%T is not a result's value", v))
	}
	w.fault(x.Err)
}

// Result reads a result.
func (r *Reader) Result() roster.Result {
	r.Array(4)
	x := roster.Result{Index: roster.Index(r.Uint())}
	switch tag := r.Uint(); tag {
	case valueNil:
		if !r.Nil() {
			r.Fail("a value under the tag of none")
		}
	case valueChange:
		r.Array(2)
		x.Value = roster.Change{Outcome: roster.Outcome(r.Text()), Record: r.Record()}
	case valueSession:
		x.Value = r.Session()
	case valueFleet:
		x.Value = r.fleetChange()
	default:
		r.Fail("unknown value tag %d", tag)
	}
	if e := r.fault(); e != nil {
		x.Err = e
	}
	return x
}

func (w *Writer) fault(err error) {
	if err == nil {
		w.Nil()
		return
	}
	e, ok := errors.AsType[*roster.Error](err)
	if !ok {
		e = roster.Errorf(roster.CodeInternal, "%s", err.Error())
	}
	w.Array(9)
	w.Text(string(e.Code))
	w.Text(e.Detail)
	w.Text(e.Field)
	w.Int(int64(e.Position))
	w.Int(int64(e.Status))
	w.Uint(uint64(e.Shard))
	w.Uint(uint64(e.Index))
	w.Int(int64(e.RetryAfter))
	w.Text(string(e.Leader))
}

func (r *Reader) fault() *roster.Error {
	if r.Nil() || r.Err() != nil {
		return nil
	}
	r.Array(9)
	return &roster.Error{Code: roster.Code(r.Text()), Detail: r.Text(), Field: r.Text(), Position: int(r.Int()),
		Status: int(r.Int()), Shard: r.shard(), Index: roster.Index(r.Uint()), RetryAfter: time.Duration(r.Int()),
		Leader: roster.NodeID(r.Text())}
}
