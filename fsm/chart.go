package fsm

import (
	"roster"
	"roster/fsm/codec"
)

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
	if at := m.nodes.clusterMap().Level; c.Map.Level < at {
		return refuse(roster.CodeRefused, "the level of commands never falls, and is %d", at)
	}
	if err := c.Map.Validate(); err != nil {
		return err
	}
	c.Map.Version = c.If + 1
	m.nodes.chart = &c.Map
	m.emit(roster.Event{Type: roster.EventMap})
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
	s.chart = new(r.Map())
}
