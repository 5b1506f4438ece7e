package fleets_test

import (
	"fmt"

	"roster"
	"roster/fleet"
	"roster/fsm/fleets"
)

// roll is a roll of agents that nothing else is done with.
type roll map[roster.AgentID]*roster.Record

func (r roll) Get(id roster.AgentID) (*roster.Record, bool) { x, ok := r[id]; return x, ok }
func (r roll) Full() bool                                   { return false }
func (r roll) Store(_, next *roster.Record, _ bool)         { r[next.ID] = next }
func (r roll) Remove(old *roster.Record)                    { delete(r, old.ID) }

func Example() {
	t, members := fleets.New(), roll{}
	at := func(index roster.Index) fleets.Turn { return fleets.Turn{Shard: 1, Index: index, Roll: members} }
	t.Apply(at(1), fleet.Set{Fleet: fleet.Fleet{ID: "demo/crew", Count: 2, Spec: fleet.Spec{Driver: fleet.Inproc, Entry: "wait"}}})
	for t.Muster(at(1)) {
	}
	t.Apply(at(2), fleet.Place{Agent: "demo/crew~0", If: 1, Node: "n1", Reason: "best of 3"})
	t.Apply(at(3), fleet.Report{Agent: "demo/crew~0", Epoch: 2, Node: "n1", Status: roster.StatusRunning})
	fmt.Println(t.Apply(at(4), fleet.Report{Agent: "demo/crew~0", Epoch: 1, Node: "n1", Status: roster.StatusFailed}).Err)
	s, _ := fleets.View{Table: &t, Roll: members}.Counted("demo/crew")
	fmt.Println(s.Members)
	// Output:
	// demo/crew~0 lives under epoch 2, not 1
	// map[registered:1 running:1]
}
