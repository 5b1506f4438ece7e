package scaler

import (
	"context"
	"maps"
	"slices"

	"roster"
	"roster/fleet"
	"roster/fsm"
	"roster/scaling"
)

// crew is a fleet that follows its load, and what it is seen to do.
type crew struct {
	fleet.State
	sample scaling.Sample
	nodes  map[roster.NodeID]bool // on which members run
}

// look reads the fleets of the shard that have a policy, by id.
func (t *term) look() (crews []*crew, err error) {
	_, err = t.group.View(func(v *fsm.View) error {
		if t.none != 0 && t.none == v.Index() {
			return nil
		}
		fleets := v.Fleets()
		for s := range fleets.Fleets {
			if s.Scaling.On() && !s.Dropped {
				crews = append(crews, &crew{State: s, sample: scaling.Sample{Count: s.Count}, nodes: map[roster.NodeID]bool{}})
			}
		}
		for _, c := range crews {
			fleets.Table.Members(c.ID, func(id roster.AgentID, _ fleet.Run) bool {
				if r, ok := fleets.Roll.Get(id); ok && r.Status == roster.StatusRunning {
					c.sample.Running++
					c.nodes[r.Node] = true
				}
				return true
			})
		}
		if t.none = 0; len(crews) == 0 {
			t.none = v.Index()
		}
		return nil
	})
	return crews, err
}

// where lists the nodes on which members of some fleets run.
func where(crews []*crew) []roster.NodeID {
	all := map[roster.NodeID]bool{}
	for _, c := range crews {
		maps.Copy(all, c.nodes)
	}
	return slices.Sorted(maps.Keys(all))
}

// gather asks nodes, and adds up what they say of each fleet.
func (t *term) gather(ctx context.Context, crews []*crew, nodes []roster.NodeID) {
	ids := make([]fleet.ID, len(crews))
	for i, c := range crews {
		ids[i] = c.ID
	}
	answers := t.Of(ctx, nodes, ids)
	for _, c := range crews {
		for node := range c.nodes {
			if of, ok := answers[node]; ok {
				of[c.ID].into(&c.sample)
			} else {
				c.sample.Silent++
			}
		}
	}
}
