package codec

import (
	"roster"
	"roster/fleet"
	"roster/mailbox"
	"roster/placement"
)

// Of how many values things are. Builds of level 3 know the shorter forms alone, so the
// longer ones are written only where they say something.
const (
	fleetParts, fleetScaled  = 5, 6
	specParts, specWatched   = 18, 21
	stateParts, stateScaled  = 8, 9
	scaleParts, scaleReasons = 3, 4
)

// watched reports whether a spec says something that builds of level 3 do not know.
func watched(s *fleet.Spec) bool {
	return s.Announces || s.Probe != fleet.Probe{} || s.Limit != fleet.Limit{}
}

// either reads the head of an array that has one of two lengths, and reports whether it is
// the longer one.
func (r *Reader) either(short, long int) bool {
	n := r.List()
	if r.Err() == nil && n != short && n != long {
		r.Fail("an array of %d values where %d or %d belong", n, short, long)
	}
	return n == long
}

// eitherArray begins an array of one of two lengths.
func (w *Writer) eitherArray(short, long int, longer bool) {
	if longer {
		short = long
	}
	w.Array(short)
}

// Fleet writes a fleet.
func (w *Writer) Fleet(f *fleet.Fleet) {
	w.eitherArray(fleetParts, fleetScaled, f.Scaling.On())
	w.Text(string(f.ID))
	w.Int(int64(f.Count))
	w.Text(string(f.Policy))
	w.Int(int64(f.AwayMax))
	w.spec(&f.Spec)
	if f.Scaling.On() {
		w.scaling(f.Scaling)
	}
}

// Fleet reads a fleet.
func (r *Reader) Fleet() fleet.Fleet {
	scaled := r.either(fleetParts, fleetScaled)
	f := fleet.Fleet{ID: fleet.ID(r.Text()), Count: int(r.Int()), Policy: placement.Policy(r.Text()), AwayMax: int(r.Int()), Spec: r.spec()}
	if scaled {
		f.Scaling = r.scaling()
	}
	return f
}

func (w *Writer) spec(s *fleet.Spec) {
	w.eitherArray(specParts, specWatched, watched(s))
	w.Text(s.Driver)
	w.Text(s.Entry)
	list(w, s.Command, (*Writer).Text)
	w.stringMap(s.Env)
	w.Int(s.Resources.CPU)
	w.Int(s.Resources.Memory)
	w.where(&s.Where)
	w.Int(int64(s.Priority))
	w.restart(s.Restart)
	w.Int(int64(s.StopGrace))
	list(w, s.Capabilities, (*Writer).capability)
	w.stringMap(s.Labels)
	list(w, s.Endpoints, (*Writer).endpoint)
	w.Text(s.Description)
	w.stringMap(s.Metadata)
	w.Int(int64(s.Mailbox.Messages))
	w.Int(int64(s.Mailbox.Bytes))
	w.Text(string(s.Mailbox.Overflow))
	if watched(s) {
		w.Bool(s.Announces)
		w.probe(s.Probe)
		w.limit(s.Limit)
	}
}

func (r *Reader) spec() fleet.Spec {
	defer r.share()()
	more := r.either(specParts, specWatched)
	s := fleet.Spec{
		Driver: r.Text(), Entry: r.Text(), Command: items(r, (*Reader).Text), Env: r.stringMap(),
		Resources: placement.Resources{CPU: r.Int(), Memory: r.Int()},
		Where:     r.where(),
		Priority:  int(r.Int()), Restart: r.restart(), StopGrace: roster.Duration(r.Int()),
		Capabilities: r.capabilities(), Labels: r.stringMap(), Endpoints: r.endpoints(), Description: r.Text(), Metadata: r.stringMap(),
		Mailbox: mailbox.Limits{Messages: int(r.Int()), Bytes: int(r.Int()), Overflow: mailbox.Overflow(r.Text())},
	}
	if more {
		s.Announces, s.Probe, s.Limit = r.Bool(), r.probe(), r.limit()
	}
	return s
}

func (w *Writer) where(x *placement.Where) {
	w.Array(4)
	w.Text(x.Filter)
	list(w, x.Prefer, func(w *Writer, p placement.Preference) {
		w.Array(2)
		w.Text(p.Filter)
		w.Int(int64(p.Weight))
	})
	list(w, x.Spread, func(w *Writer, s placement.Spread) {
		w.Array(2)
		w.Text(s.Label)
		w.Int(int64(s.SkewMax))
	})
	w.Int(int64(x.PerNodeMax))
}

func (r *Reader) where() placement.Where {
	r.Array(4)
	return placement.Where{
		Filter: r.Text(),
		Prefer: items(r, func(r *Reader) placement.Preference {
			r.Array(2)
			return placement.Preference{Filter: r.Text(), Weight: int(r.Int())}
		}),
		Spread: items(r, func(r *Reader) placement.Spread {
			r.Array(2)
			return placement.Spread{Label: r.Text(), SkewMax: int(r.Int())}
		}),
		PerNodeMax: int(r.Int()),
	}
}

func (w *Writer) restart(x fleet.Restart) {
	w.Array(4)
	w.Text(string(x.When))
	w.Int(int64(x.Most))
	w.Int(int64(x.Within))
	w.Int(int64(x.Pause))
}

func (r *Reader) restart() fleet.Restart {
	r.Array(4)
	return fleet.Restart{When: fleet.When(r.Text()), Most: int(r.Int()), Within: roster.Duration(r.Int()), Pause: roster.Duration(r.Int())}
}

// FleetState writes what a shard knows of a fleet; Members is counted, not written.
func (w *Writer) FleetState(s *fleet.State) {
	scaled := s.Scaled != fleet.Scaled{}
	w.eitherArray(stateParts, stateScaled, scaled)
	w.Fleet(&s.Fleet)
	w.Uint(uint64(s.Revision))
	w.Uint(uint64(s.Generation))
	w.Bool(s.Dropped)
	w.Int(int64(s.CreatedAt))
	w.Int(int64(s.UpdatedAt))
	w.Uint(uint64(s.Shard))
	w.Int(int64(s.Made))
	if scaled {
		w.scaled(s.Scaled)
	}
}

// FleetState reads what a shard knows of a fleet.
func (r *Reader) FleetState() fleet.State {
	scaled := r.either(stateParts, stateScaled)
	s := fleet.State{Fleet: r.Fleet(), Revision: roster.Index(r.Uint()), Generation: roster.Index(r.Uint()), Dropped: r.Bool(),
		CreatedAt: roster.WallTime(r.Int()), UpdatedAt: roster.WallTime(r.Int()), Shard: r.shard(), Made: int(r.Int())}
	if scaled {
		s.Scaled = r.scaled()
	}
	return s
}

// Run writes what a shard knows of a member.
func (w *Writer) Run(id roster.AgentID, x *fleet.Run) {
	w.Array(8)
	w.Text(string(id))
	w.Uint(uint64(x.Generation))
	w.Int(int64(x.Since))
	w.Text(x.Reason)
	w.Int(int64(x.Failures))
	w.Int(int64(x.Again))
	w.Text(string(x.Wish))
	list(w, x.Shun, func(w *Writer, s fleet.Shunned) {
		w.Array(2)
		w.Text(string(s.Node))
		w.Int(int64(s.Until))
	})
}

// Run reads what a shard knows of a member.
func (r *Reader) Run() (roster.AgentID, fleet.Run) {
	r.Array(8)
	id := roster.AgentID(r.Text())
	return id, fleet.Run{Generation: roster.Index(r.Uint()), Since: roster.LogTime(r.Int()), Reason: r.Text(), Failures: int(r.Int()),
		Again: roster.LogTime(r.Int()), Wish: roster.NodeID(r.Text()), Shun: items(r, func(r *Reader) fleet.Shunned {
			r.Array(2)
			return fleet.Shunned{Node: roster.NodeID(r.Text()), Until: roster.LogTime(r.Int())}
		})}
}

// fleetCommand writes the body of a command about what is run, if it is one.
func (w *Writer) fleetCommand(c roster.Command) bool {
	switch c := c.(type) {
	case fleet.Set:
		w.Array(3)
		w.Fleet(&c.Fleet)
		w.Uint(uint64(c.IfMatch))
		w.Bool(c.IfAbsent)
	case fleet.Scale:
		w.eitherArray(scaleParts, scaleReasons, c.Reason != "")
		w.Text(string(c.ID))
		w.Int(int64(c.Count))
		w.Uint(uint64(c.IfMatch))
		if c.Reason != "" {
			w.Text(c.Reason)
		}
	case fleet.Drop:
		w.Array(2)
		w.Text(string(c.ID))
		w.Uint(uint64(c.IfMatch))
	case fleet.Recall:
		w.Array(5)
		w.Text(string(c.Agent))
		w.Uint(uint64(c.If))
		w.Text(string(c.Node))
		w.Bool(c.Leave)
		w.Text(c.Reason)
	case fleet.Place:
		w.Array(4)
		w.Text(string(c.Agent))
		w.Uint(uint64(c.If))
		w.Text(string(c.Node))
		w.Text(c.Reason)
	case fleet.Report:
		w.Array(5)
		w.Text(string(c.Agent))
		w.Uint(uint64(c.Epoch))
		w.Text(string(c.Node))
		w.Text(string(c.Status))
		w.Text(c.Reason)
	case fleet.Save:
		w.Array(3)
		w.Text(string(c.Agent))
		w.Uint(uint64(c.Epoch))
		w.Text(string(c.State))
	default:
		return false
	}
	return true
}

// fleetChange writes what a command did to a fleet.
func (w *Writer) fleetChange(x fleet.Change) {
	w.Array(2)
	w.Text(string(x.Outcome))
	w.FleetState(&x.Fleet)
}

func (r *Reader) fleetChange() fleet.Change {
	r.Array(2)
	return fleet.Change{Outcome: roster.Outcome(r.Text()), Fleet: r.FleetState()}
}
