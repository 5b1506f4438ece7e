package codec

import (
	"roster"
	"roster/fleet"
	"roster/placement"
	"roster/scaling"
)

// What came with level 4: how a fleet follows its load, and how its members are watched.

func (w *Writer) scaling(p scaling.Policy) {
	w.Array(9)
	for _, n := range [...]int{p.Min, p.Max, p.Queue, p.Busy} {
		w.Int(int64(n))
	}
	w.Int(int64(p.Wait))
	w.Int(int64(p.Tolerance))
	for _, d := range [...]roster.Duration{p.Up, p.Down, p.Idle} {
		w.Int(int64(d))
	}
}

func (r *Reader) scaling() scaling.Policy {
	r.Array(9)
	return scaling.Policy{Min: int(r.Int()), Max: int(r.Int()), Queue: int(r.Int()), Busy: int(r.Int()), Wait: r.duration(), Tolerance: int(r.Int()),
		Up: r.duration(), Down: r.duration(), Idle: r.duration()}
}

func (w *Writer) scaled(s fleet.Scaled) {
	w.Array(4)
	w.Int(int64(s.At))
	w.Int(int64(s.From))
	w.Int(int64(s.To))
	w.Text(s.Reason)
}

func (r *Reader) scaled() fleet.Scaled {
	r.Array(4)
	return fleet.Scaled{At: roster.WallTime(r.Int()), From: int(r.Int()), To: int(r.Int()), Reason: r.Text()}
}

func (w *Writer) probe(p fleet.Probe) {
	w.Array(6)
	w.Text(string(p.Kind))
	w.Text(p.Path)
	for _, d := range [...]roster.Duration{p.Every, p.Timeout, p.Slow} {
		w.Int(int64(d))
	}
	w.Int(int64(p.Failures))
}

func (r *Reader) probe() fleet.Probe {
	r.Array(6)
	return fleet.Probe{Kind: fleet.ProbeKind(r.Text()), Path: r.Text(), Every: r.duration(), Timeout: r.duration(), Slow: r.duration(), Failures: int(r.Int())}
}

func (w *Writer) limit(l fleet.Limit) {
	w.Array(2)
	w.Int(int64(l.Memory))
	w.Int(int64(l.Soft))
}

func (r *Reader) limit() fleet.Limit {
	r.Array(2)
	return fleet.Limit{Memory: placement.Size(r.Int()), Soft: int(r.Int())}
}

func (r *Reader) duration() roster.Duration { return roster.Duration(r.Int()) }

// Saved writes what a member keeps.
func (w *Writer) Saved(s *fleet.Saved) {
	w.Array(5)
	w.Text(string(s.Agent))
	w.Uint(uint64(s.Epoch))
	w.Uint(uint64(s.Revision))
	w.Int(int64(s.At))
	w.Text(string(s.State))
}

// Saved reads what a member keeps.
func (r *Reader) Saved() fleet.Saved {
	r.Array(5)
	return fleet.Saved{Agent: r.id(), Epoch: r.epoch(), Revision: r.index(), At: roster.WallTime(r.Int()), State: []byte(r.Text())}
}
