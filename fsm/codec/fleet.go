package codec

import (
	"roster"
	"roster/fleet"
	"roster/mailbox"
	"roster/placement"
)

// Fleet writes a fleet.
func (w *Writer) Fleet(f *fleet.Fleet) {
	w.Array(5)
	w.Text(string(f.ID))
	w.Int(int64(f.Count))
	w.Text(string(f.Policy))
	w.Int(int64(f.AwayMax))
	w.spec(&f.Spec)
}

// Fleet reads a fleet.
func (r *Reader) Fleet() fleet.Fleet {
	r.Array(5)
	return fleet.Fleet{ID: fleet.ID(r.Text()), Count: int(r.Int()), Policy: placement.Policy(r.Text()), AwayMax: int(r.Int()), Spec: r.spec()}
}

// specParts is of how many values a spec is; later builds write more.
const specParts = 18

func (w *Writer) spec(s *fleet.Spec) {
	w.Array(specParts)
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
}

func (r *Reader) spec() fleet.Spec {
	defer r.share()()
	r.Array(specParts)
	return fleet.Spec{
		Driver: r.Text(), Entry: r.Text(), Command: items(r, (*Reader).Text), Env: r.stringMap(),
		Resources: placement.Resources{CPU: r.Int(), Memory: r.Int()},
		Where:     r.where(),
		Priority:  int(r.Int()), Restart: r.restart(), StopGrace: roster.Duration(r.Int()),
		Capabilities: r.capabilities(), Labels: r.stringMap(), Endpoints: r.endpoints(), Description: r.Text(), Metadata: r.stringMap(),
		Mailbox: mailbox.Limits{Messages: int(r.Int()), Bytes: int(r.Int()), Overflow: mailbox.Overflow(r.Text())},
	}
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
	w.Array(8)
	w.Fleet(&s.Fleet)
	w.Uint(uint64(s.Revision))
	w.Uint(uint64(s.Generation))
	w.Bool(s.Dropped)
	w.Int(int64(s.CreatedAt))
	w.Int(int64(s.UpdatedAt))
	w.Uint(uint64(s.Shard))
	w.Int(int64(s.Made))
}

// FleetState reads what a shard knows of a fleet.
func (r *Reader) FleetState() fleet.State {
	r.Array(8)
	return fleet.State{Fleet: r.Fleet(), Revision: roster.Index(r.Uint()), Generation: roster.Index(r.Uint()), Dropped: r.Bool(),
		CreatedAt: roster.WallTime(r.Int()), UpdatedAt: roster.WallTime(r.Int()), Shard: r.shard(), Made: int(r.Int())}
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
		w.Array(3)
		w.Text(string(c.ID))
		w.Int(int64(c.Count))
		w.Uint(uint64(c.IfMatch))
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
