package fleets

import (
	"bytes"
	"strings"

	"github.com/tidwall/btree"

	"roster"
	"roster/fleet"
	"roster/fsm/aging"
	"roster/fsm/codec"
)

// Max bounds the fleets of a shard.
const Max = 4096

// Roll is where members are entered.
type Roll interface {
	Get(id roster.AgentID) (*roster.Record, bool)
	// Full reports whether no agent more can be entered.
	Full() bool
	// Store replaces a record, nil for none, by the next one. said: what the agent says of
	// itself may have changed.
	Store(old, next *roster.Record, said bool)
	Remove(r *roster.Record)
}

// Turn is the operation at hand.
type Turn struct {
	Shard roster.ShardID
	Index roster.Index
	Now   roster.LogTime
	Wall  roster.WallTime
	Roll  Roll
}

// Table holds fleets and runs. Make one with New.
type Table struct {
	fleets *btree.Map[fleet.ID, fleet.State]
	runs   *btree.Map[roster.AgentID, fleet.Run]
	saved  *btree.Map[roster.AgentID, fleet.Saved]
	// What follows from those: fleets whose members are not all entered or taken off yet,
	// and when runs are placed again.
	unsettled *btree.Map[fleet.ID, struct{}]
	waiting   aging.Order[roster.AgentID]
	kept      int // bytes in saved
}

// New returns an empty table.
func New() Table {
	return Table{fleets: btree.NewMap[fleet.ID, fleet.State](0), runs: btree.NewMap[roster.AgentID, fleet.Run](0), saved: btree.NewMap[roster.AgentID, fleet.Saved](0),
		unsettled: btree.NewMap[fleet.ID, struct{}](0), waiting: aging.New[roster.AgentID]()}
}

// Fleet returns a fleet.
func (t *Table) Fleet(id fleet.ID) (fleet.State, bool) { return t.fleets.Get(id) }

// Fleets walks the fleets by id.
func (t *Table) Fleets(yield func(fleet.State) bool) {
	t.fleets.Scan(func(_ fleet.ID, s fleet.State) bool { return yield(s) })
}

// Run returns the run of a member.
func (t *Table) Run(id roster.AgentID) (fleet.Run, bool) { return t.runs.Get(id) }

// Empty reports whether there is no member of any fleet.
func (t *Table) Empty() bool { return t.runs.Len() == 0 }

// Runs walks all runs by the ids of their agents.
func (t *Table) Runs(yield func(roster.AgentID, fleet.Run) bool) { t.runs.Scan(yield) }

// Members walks the runs of one fleet.
func (t *Table) Members(id fleet.ID, yield func(roster.AgentID, fleet.Run) bool) {
	beginning := roster.AgentID(id + "~")
	t.runs.Ascend(beginning, func(agent roster.AgentID, run fleet.Run) bool {
		of, _, ok := fleet.Of(agent)
		return ok && of == id && yield(agent, run)
	})
}

// Apply carries out a command of package fleet: a Result without an Index.
func (t *Table) Apply(at Turn, c roster.Command) roster.Result {
	switch c := c.(type) {
	case fleet.Set:
		return result(t.set(at, c))
	case fleet.Scale:
		return result(t.scale(at, c))
	case fleet.Drop:
		return result(t.drop(at, c))
	case fleet.Recall:
		return result(t.recall(at, c))
	case fleet.Place:
		return result(t.place(at, c))
	case fleet.Report:
		return result(t.report(at, c))
	case fleet.Save:
		return roster.Result{Err: t.save(at, c)}
	}
	return roster.Result{Err: roster.Invalid("", "%T is no command about fleets", c)}
}

func result[T any](value T, err error) roster.Result {
	if err != nil {
		return roster.Result{Err: err}
	}
	return roster.Result{Value: value}
}

// set enters a fleet or replaces it.
func (t *Table) set(at Turn, c fleet.Set) (fleet.Change, error) {
	if err := c.Fleet.Validate(); err != nil {
		return fleet.Change{}, err
	}
	old, there := t.fleets.Get(c.Fleet.ID)
	switch {
	case c.IfAbsent && there:
		return fleet.Change{}, roster.Errorf(roster.CodeStale, "fleet %s is there, at revision %d", old.ID, old.Revision)
	case there && old.Dropped:
		return fleet.Change{}, roster.Errorf(roster.CodeConflict, "fleet %s is being taken away: wait until its members have stopped", old.ID)
	case !there && t.fleets.Len() >= Max:
		return fleet.Change{}, roster.Errorf(roster.CodeOverloaded, "this shard holds %d fleets", Max)
	}
	if err := matches(old, c.Fleet.ID, c.IfMatch); err != nil {
		return fleet.Change{}, err
	}
	next, spec, err := own(c.Fleet)
	if err != nil {
		return fleet.Change{}, err
	}
	if !there {
		s := fleet.State{Fleet: next, Generation: at.Index, CreatedAt: at.Wall, Shard: at.Shard}
		return t.revise(at, s, roster.OutcomeCreated), nil
	}
	_, before, err := own(old.Fleet)
	if err != nil {
		return fleet.Change{}, err
	}
	if old.Scaling.On() && next.Scaling.On() { // a file that is applied once more does not undo what was decided
		next.Count = next.Scaling.Within(old.Count)
	}
	s := old
	s.Fleet = next
	switch {
	case !bytes.Equal(spec, before):
		s.Generation = at.Index
	case old.Count == next.Count && old.Policy == next.Policy && old.AwayMax == next.AwayMax && old.Scaling == next.Scaling:
		return fleet.Change{Outcome: roster.OutcomeUnchanged, Fleet: old}, nil
	}
	return t.revise(at, s, roster.OutcomeUpdated), nil
}

// own returns a fleet in memory of its own, which is no part of an entry, and its spec in
// the one form in which equal ones are equal.
func own(f fleet.Fleet) (fleet.Fleet, []byte, error) {
	w := codec.NewWriter(nil)
	w.Fleet(&f)
	b, err := w.Finish()
	if err != nil {
		return f, nil, err
	}
	r := codec.NewReader(b)
	out := r.Fleet()
	s := codec.NewWriter(nil)
	s.Fleet(&fleet.Fleet{Spec: f.Spec})
	return out, s.Bytes(), r.Finish()
}

func matches(s fleet.State, id fleet.ID, revision roster.Index) error {
	if revision != 0 && s.Revision != revision {
		return roster.Errorf(roster.CodeStale, "fleet %s has revision %d, not %d", id, s.Revision, revision)
	}
	return nil
}

// revise stores a fleet under a new revision.
func (t *Table) revise(at Turn, s fleet.State, outcome roster.Outcome) fleet.Change {
	s.Revision, s.UpdatedAt = at.Index, at.Wall
	t.put(s)
	return fleet.Change{Outcome: outcome, Fleet: s}
}

// put stores a fleet, and notes whether members are missing or too many.
func (t *Table) put(s fleet.State) {
	t.fleets.Set(s.ID, s)
	if s.Made != wanted(&s) || s.Dropped {
		t.unsettled.Set(s.ID, struct{}{})
	} else {
		t.unsettled.Delete(s.ID)
	}
}

// wanted is how many members a fleet is to have.
func wanted(s *fleet.State) int {
	if s.Dropped {
		return 0
	}
	return s.Count
}

// known returns a fleet that is there and not on its way out.
func (t *Table) known(id fleet.ID, revision roster.Index) (fleet.State, error) {
	if err := id.Validate(); err != nil {
		return fleet.State{}, err
	}
	s, there := t.fleets.Get(id)
	if !there {
		return s, roster.Errorf(roster.CodeNotFound, "there is no fleet %s", id)
	}
	return s, matches(s, id, revision)
}

func (t *Table) scale(at Turn, c fleet.Scale) (fleet.Change, error) {
	s, err := t.known(c.ID, c.IfMatch)
	switch {
	case err != nil:
		return fleet.Change{}, err
	case c.Count < 0 || c.Count > fleet.CountMax:
		return fleet.Change{}, roster.Invalid("count", "%d members: want 0 to %d", c.Count, fleet.CountMax)
	case len(c.Reason) > fleet.ReasonMax:
		return fleet.Change{}, roster.Invalid("reason", "%d bytes; at most %d", len(c.Reason), fleet.ReasonMax)
	case s.Dropped:
		return fleet.Change{}, roster.Errorf(roster.CodeConflict, "fleet %s is being taken away", c.ID)
	case s.Count == c.Count:
		return fleet.Change{Outcome: roster.OutcomeUnchanged, Fleet: s}, nil
	}
	if c.Reason != "" {
		s.Scaled = fleet.Scaled{At: at.Wall, From: s.Count, To: c.Count, Reason: strings.Clone(c.Reason)}
	}
	s.Count = c.Count
	return t.revise(at, s, roster.OutcomeUpdated), nil
}

func (t *Table) drop(at Turn, c fleet.Drop) (fleet.Change, error) {
	s, err := t.known(c.ID, c.IfMatch)
	switch {
	case err != nil:
		return fleet.Change{}, err
	case s.Dropped:
		return fleet.Change{Outcome: roster.OutcomeUnchanged, Fleet: s}, nil
	}
	s.Dropped = true
	return t.revise(at, s, roster.OutcomeRemoved), nil
}
