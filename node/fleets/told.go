package fleets

import (
	"context"
	"maps"
	"slices"

	"roster"
	"roster/fleet"
	"roster/fsm"
	"roster/node/router"
)

// Loads tells what the nodes that are alive have for agents.
func (r *Runner) Loads(ctx context.Context) ([]fleet.NodeLoad, error) {
	ctx, cancel := router.WithDeadline(ctx)
	defer cancel()
	system, err := r.config.Router.Group(roster.SystemShard)
	if err != nil {
		return nil, err
	}
	var alive []roster.NodeID
	if _, err := system.View(func(v *fsm.View) error { alive = aliveOf(v); return nil }); err != nil {
		return nil, err
	}
	told := []fleet.NodeLoad{}
	known := r.loads.Of(ctx, alive)
	for _, id := range slices.Sorted(maps.Keys(known)) {
		load := known[id]
		told = append(told, load.Told(id))
	}
	return told, nil
}

func aliveOf(v *fsm.View) (alive []roster.NodeID) {
	for _, n := range v.Nodes() {
		if n.State == roster.NodeAlive {
			alive = append(alive, n.ID)
		}
	}
	return alive
}
