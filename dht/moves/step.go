package moves

import (
	"fmt"
	"slices"

	"roster"
)

// Kind is what a step does.
type Kind string

// The kinds of steps.
const (
	Done     Kind = ""         // the group is as it is wanted
	Wait     Kind = "wait"     // nothing can be done now
	Promote  Kind = "promote"  // a reader begins to vote
	Demote   Kind = "demote"   // a voter becomes a reader
	Remove   Kind = "remove"   // a dead voter is none any more
	Transfer Kind = "transfer" // the leader hands over, since it is to leave
)

// Step is one change of one group. Why says in words what it waits for, or what for.
type Step struct {
	Kind Kind
	Node roster.NodeID
	Why  string
}

// Group is one group as its leader sees it.
type Group struct {
	Self            roster.NodeID // the leader
	Voters, Readers []roster.NodeID
	Want            []roster.NodeID // who should vote
	Alive           func(roster.NodeID) bool
	Ready           func(roster.NodeID) bool // has caught up with the leader
}

// Next returns the step that is due.
func Next(g Group) Step {
	add, drop := without(g.Want, g.Voters), without(g.Voters, g.Want)
	if len(g.Want) == 0 || len(add) == 0 && len(drop) == 0 {
		return Step{}
	}
	ready := first(add, func(id roster.NodeID) bool { return slices.Contains(g.Readers, id) && g.Alive(id) && g.Ready(id) })
	dead := first(drop, func(id roster.NodeID) bool { return id != g.Self && !g.Alive(id) })
	switch {
	case dead != "" && (ready != "" || len(add) == 0):
		return g.less(Remove, dead)
	case ready != "" && len(g.Voters) <= len(g.Want):
		return g.more(ready)
	case len(g.Voters) <= len(g.Want) && len(add) > 0:
		return Step{Wait, add[0], fmt.Sprintf("%s has not caught up", add[0])}
	}
	return g.leave(drop)
}

// leave takes the vote from one that lives; the leader's comes last, after its office.
func (g Group) leave(drop []roster.NodeID) Step {
	if id := first(drop, func(id roster.NodeID) bool { return id != g.Self && g.Alive(id) }); id != "" {
		return g.less(Demote, id)
	}
	if !slices.Contains(drop, g.Self) {
		return Step{Wait, drop[0], fmt.Sprintf("%s is gone, and nobody stands ready for it", drop[0])}
	}
	heir := first(g.Want, func(id roster.NodeID) bool {
		return id != g.Self && slices.Contains(g.Voters, id) && g.Alive(id) && g.Ready(id)
	})
	if heir == "" {
		return Step{Wait, g.Self, "no other voter is fit to lead"}
	}
	return Step{Transfer, heir, fmt.Sprintf("%s leads and is to leave", g.Self)}
}

// more is the promotion of id, unless it would take a quorum that lives.
func (g Group) more(id roster.NodeID) Step {
	if !quorum(g.living("")+1, len(g.Voters)+1) {
		return Step{Wait, id, "too few voters live for one more"}
	}
	return Step{Promote, id, "it is wanted and has caught up"}
}

// less is the end of id's vote, unless it would take a quorum that lives.
func (g Group) less(how Kind, id roster.NodeID) Step {
	if !quorum(g.living(id), len(g.Voters)-1) {
		return Step{Wait, id, "too few other voters live"}
	}
	return Step{how, id, "it is not wanted here"}
}

// living counts the voters that live, one aside.
func (g Group) living(aside roster.NodeID) int {
	n := 0
	for _, id := range g.Voters {
		if id != aside && (id == g.Self || g.Alive(id)) {
			n++
		}
	}
	return n
}

func quorum(living, of int) bool { return living > of/2 }

// first returns the first of ids that fits, "" if none does.
func first(ids []roster.NodeID, fits func(roster.NodeID) bool) roster.NodeID {
	if i := slices.IndexFunc(ids, fits); i >= 0 {
		return ids[i]
	}
	return ""
}

// without returns what is in a and not in b, in the order of a.
func without(a, b []roster.NodeID) []roster.NodeID {
	return slices.DeleteFunc(slices.Clone(a), func(id roster.NodeID) bool { return slices.Contains(b, id) })
}
