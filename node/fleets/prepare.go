package fleets

import (
	"cmp"
	"slices"
	"strings"

	"roster"
	"roster/fleet"
	"roster/node/placer"
)

// Prepare validates a command of package fleet before it costs anything, filters included.
// Other commands it leaves alone.
func Prepare(c roster.Command) error {
	switch c := c.(type) {
	case fleet.Set:
		if err := c.Fleet.Validate(); err != nil {
			return err
		}
		need := placer.NeedOf(&c.Fleet.Spec)
		return need.Check()
	case fleet.Scale:
		return c.ID.Validate()
	case fleet.Drop:
		return c.ID.Validate()
	case fleet.Recall:
		return cmp.Or(c.Agent.Validate(), nodeID(c.Node))
	}
	return nil
}

func nodeID(id roster.NodeID) error {
	if id == "" {
		return nil
	}
	return id.Validate()
}

func sortByID(all []fleet.State) {
	slices.SortFunc(all, func(a, b fleet.State) int { return strings.Compare(string(a.ID), string(b.ID)) })
}
