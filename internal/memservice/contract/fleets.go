package contract

import (
	"strings"
	"time"

	"roster"
	"roster/fleet"
)

// runs is the part of the service about fleets.
func (f *fixture) runs() fleet.Service {
	f.Helper()
	s, ok := f.s.(fleet.Service)
	if !ok {
		f.Fatalf("%T says nothing of fleets", f.s)
	}
	return s
}

// changeFleet carries out a command about a fleet. Where nodes have not agreed on fleets
// yet, it waits until they have.
func (f *fixture) changeFleet(c roster.Command) (fleet.Change, roster.Stamp, error) {
	f.Helper()
	var result roster.Result
	var stamp roster.Stamp
	err := f.agreed(func() (err error) {
		result, stamp, err = f.s.Do(f.ctx, c)
		return err
	})
	change, _ := result.Value.(fleet.Change)
	return change, stamp, err
}

// agreed does something again until the nodes have agreed on the level that it needs.
func (f *fixture) agreed(do func() error) error {
	for {
		err := do()
		if roster.CodeOf(err) != roster.CodeRefused || !strings.Contains(err.Error(), "level") || f.ctx.Err() != nil {
			return err
		}
		<-time.After(20 * time.Millisecond)
	}
}

// refusedFor is refused with the name of what was refused.
func (f *fixture) refusedFor(what string, err error, code roster.Code) {
	f.Helper()
	if got := roster.CodeOf(err); got != code {
		f.Errorf("%s: got %q (%v), want %s", what, got, err, code)
	}
}

func fleets(f *fixture) {
	id := fleet.ID(f.ns + "/crew")
	crew := fleet.Fleet{ID: id, Count: 3, Spec: fleet.Spec{Driver: fleet.Inproc, Entry: "nobody-has-this", Labels: roster.Map{{Key: "tier", Value: "gold"}}}}
	made, stamp, err := f.changeFleet(fleet.Set{Fleet: crew, IfAbsent: true})
	if err != nil || made.Outcome != roster.OutcomeCreated || made.Fleet.Revision == 0 || made.Fleet.Generation != made.Fleet.Revision {
		f.Fatalf("%+v, %v", made, err)
	}
	state, seen, err := f.runs().Fleet(f.ctx, id, roster.Read{Level: roster.ReadFresh, After: stamp.ReadToken()})
	if err != nil || state.Members[roster.StatusRegistered] != 3 || state.Spec.Entry != crew.Spec.Entry || seen.Index < made.Fleet.Revision {
		f.Errorf("%+v, %+v, %v", state, seen, err)
	}
	member := id.Member(1)
	r, _, err := f.s.Lookup(f.ctx, member, roster.Read{Level: roster.ReadFresh, After: stamp.ReadToken()})
	if err != nil || r.Status != roster.StatusRegistered || r.Health.State != roster.Critical || r.Owner != (roster.Owner{Kind: roster.OwnedByPlacement, ID: string(id)}) {
		f.Errorf("%+v, %v", r, err)
	}
	if x, err := f.runs().Explain(f.ctx, member); err != nil || x.Agent != member || x.Node != "" || x.Nodes == nil {
		f.Errorf("%+v, %v", x, err)
	}
	_, err = f.runs().Output(f.ctx, member, fleet.OutputDefault)
	f.refused(err, roster.CodeNotFound)
	_, _, err = f.s.Deregister(f.ctx, roster.Deregister{ID: member})
	f.refused(err, roster.CodeRefused)

	_, _, err = f.changeFleet(fleet.Set{Fleet: crew, IfAbsent: true})
	f.refused(err, roster.CodeStale)
	same, _, err := f.changeFleet(fleet.Set{Fleet: crew})
	if err != nil || same.Outcome != roster.OutcomeUnchanged || same.Fleet.Revision != made.Fleet.Revision {
		f.Errorf("%+v, %v", same, err)
	}
	_, _, err = f.changeFleet(fleet.Scale{ID: id, Count: 1, IfMatch: made.Fleet.Revision + 1})
	f.refused(err, roster.CodeStale)
	scaled, stamp, err := f.changeFleet(fleet.Scale{ID: id, Count: 1})
	if err != nil || scaled.Outcome != roster.OutcomeUpdated || scaled.Fleet.Count != 1 || scaled.Fleet.Generation != made.Fleet.Generation {
		f.Errorf("%+v, %v", scaled, err)
	}
	all, err := f.runs().Fleets(f.ctx, f.ns)
	if err != nil || len(all) != 1 || all[0].ID != id {
		f.Errorf("%+v, %v", all, err)
	}
	_, _, err = f.s.Lookup(f.ctx, id.Member(2), roster.Read{Level: roster.ReadFresh, After: stamp.ReadToken()})
	f.refused(err, roster.CodeNotFound)

	if dropped, _, err := f.changeFleet(fleet.Drop{ID: id}); err != nil || dropped.Outcome != roster.OutcomeRemoved {
		f.Errorf("%+v, %v", dropped, err)
	}
	_, _, err = f.runs().Fleet(f.ctx, id, roster.Read{Level: roster.ReadLinearizable})
	f.refused(err, roster.CodeNotFound)
}

func fleetsRefused(f *fixture) {
	good := fleet.Spec{Driver: fleet.Inproc, Entry: "e"}
	for what, c := range map[string]roster.Command{
		"an id with ~":        fleet.Set{Fleet: fleet.Fleet{ID: fleet.ID(f.ns + "/a~1"), Spec: good}},
		"an id without slash": fleet.Set{Fleet: fleet.Fleet{ID: "crew", Spec: good}},
		"too many":            fleet.Set{Fleet: fleet.Fleet{ID: fleet.ID(f.ns + "/a"), Count: fleet.CountMax + 1, Spec: good}},
		"no driver":           fleet.Set{Fleet: fleet.Fleet{ID: fleet.ID(f.ns + "/a")}},
		"no program":          fleet.Set{Fleet: fleet.Fleet{ID: fleet.ID(f.ns + "/a"), Spec: fleet.Spec{Driver: fleet.Exec}}},
	} {
		_, _, err := f.changeFleet(c)
		f.refusedFor(what, err, roster.CodeInvalid)
	}
	for what, c := range map[string]roster.Command{
		"scale":  fleet.Scale{ID: fleet.ID(f.ns + "/nobody"), Count: 1},
		"drop":   fleet.Drop{ID: fleet.ID(f.ns + "/nobody")},
		"recall": fleet.Recall{Agent: roster.AgentID(f.ns + "/nobody~1")},
	} {
		_, _, err := f.changeFleet(c)
		f.refusedFor(what, err, roster.CodeNotFound)
	}
	_, err := f.runs().Explain(f.ctx, roster.AgentID(f.ns+"/nobody~1"))
	f.refused(err, roster.CodeNotFound)
	for _, c := range []roster.Command{fleet.Place{Agent: "a/b~1", If: 1, Node: "n"}, fleet.Report{Agent: "a/b~1", Epoch: 1, Node: "n", Status: roster.StatusRunning}} {
		_, _, err := f.s.Do(f.ctx, c)
		if code := roster.CodeOf(err); code != roster.CodeDenied && code != roster.CodeInvalid {
			f.Errorf("%v from outside: %v", c.Kind(), err)
		}
	}
}
