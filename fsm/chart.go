package fsm

import (
	"roster"
	"roster/fsm/codec"
)

// VotersMax bounds the voters of one shard: more cost every write and save nobody.
const VotersMax = 9

// clusterMap returns the present map; Version 0: none yet.
func (t *nodes) clusterMap() roster.ClusterMap {
	if t.chart == nil {
		return roster.ClusterMap{}
	}
	return *t.chart
}

// setMap replaces the map that its proposer saw.
func (m *Machine) setMap(c roster.SetMap) error {
	if err := m.system(); err != nil {
		return err
	}
	if at := m.nodes.clusterMap().Version; c.If != at {
		return refuse(roster.CodeConflict, "the cluster map has version %d, not %d", at, c.If)
	}
	if err := validateMap(c.Map); err != nil {
		return err
	}
	next := c.Map
	next.Version = c.If + 1
	m.nodes.chart = &next
	m.emit(roster.Event{Type: roster.EventMap})
	return nil
}

// validateMap refuses a map that would lose slots.
func validateMap(c roster.ClusterMap) error {
	if max(len(c.Cluster), len(c.ClusterID), len(c.Durability)) > nodeTextMax {
		return roster.Invalid("map", "a name is longer than %d bytes", nodeTextMax)
	}
	if len(c.Slots) != roster.SlotCount {
		return roster.Invalid("slots", "%d slots; want %d", len(c.Slots), roster.SlotCount)
	}
	if len(c.Shards) > roster.ShardsMax+1 {
		return roster.Invalid("shards", "%d shards; at most %d beside the system shard", len(c.Shards), roster.ShardsMax)
	}
	known := make(map[roster.ShardID]bool, len(c.Shards))
	for _, s := range c.Shards {
		if known[s.ID] {
			return roster.Invalid("shards", "shard %d is there twice", s.ID)
		}
		known[s.ID] = true
		if err := validateVoters(s); err != nil {
			return err
		}
	}
	for slot, owner := range c.Slots {
		if !known[owner] {
			return roster.Invalid("slots", "slot %d belongs to shard %d, which is not in the map", slot, owner)
		}
	}
	return nil
}

func validateVoters(s roster.ShardVoters) error {
	if len(s.Voters) > VotersMax {
		return roster.Invalid("shards", "shard %d has %d voters; at most %d", s.ID, len(s.Voters), VotersMax)
	}
	for _, id := range s.Voters {
		if id == "" || len(id) > nodeTextMax {
			return roster.Invalid("shards", "shard %d: a voter wants an id of 1 to %d bytes", s.ID, nodeTextMax)
		}
	}
	return nil
}

// chartSection is the map as a section of its own.
type chartSection struct{ *nodes }

func (s chartSection) tag() uint64 { return tagMap }

func (s chartSection) export(in func(roster.Key) bool, put func(func(*codec.Writer))) {
	if s.chart != nil && in(roster.SystemKey) {
		put(func(w *codec.Writer) { w.Map(*s.chart) })
	}
}

func (s chartSection) load(r *codec.Reader) {
	if s.chart != nil {
		r.Fail("a second cluster map")
		return
	}
	chart := r.Map()
	s.chart = &chart
}
