package fsm

import (
	"roster"
	"roster/fsm/codec"
)

// section is one part of the state as snapshots, digests and moves see it: a sequence
// of items, in an order that the state alone decides.
type section interface {
	// tag names the section in a snapshot; tags are never reused.
	tag() uint64
	// export puts the items of the keys that in accepts, and those that belong to
	// every key.
	export(in func(roster.Key) bool, put func(func(*codec.Writer)))
	// load takes one item into the state. What it cannot take makes r fail.
	load(r *codec.Reader)
}

// The tags, in the order of the stream: clients stand before their results.
const (
	tagHead     = 0
	tagClients  = 1
	tagResults  = 2
	tagAgents   = 3
	tagFences   = 4
	tagSessions = 5
	tagNodes    = 6
	tagMap      = 7
	tagTokens   = 8
	tagFleets   = 9 // the last
)

// sections lists the state's parts by tag.
func (s *state) sections() []section {
	return []section{clientSection{&s.requests}, resultSection{&s.requests}, &s.agents, fenceSection{&s.fences}, &s.sessions, &s.nodes, chartSection{&s.nodes}, tokenSection{&s.tokens},
		fleetSection{&s.fleets}}
}

// everything accepts every key.
func everything(roster.Key) bool { return true }

// capture returns the state as it is now, for export alone. The trees are shared and
// copied node by node when they next change, so that this costs next to nothing.
func (s *state) capture() *state {
	return &state{
		index:    s.index,
		now:      s.now,
		requests: requests{clients: s.requests.clients.IsoCopy(), results: s.requests.results.IsoCopy()},
		agents:   agents{byID: s.agents.byID.IsoCopy()},
		fences:   s.fences.Capture(),
		sessions: sessions{byID: s.sessions.byID.IsoCopy()},
		nodes:    nodes{byID: s.nodes.byID.IsoCopy(), chart: s.nodes.chart},
		tokens:   s.tokens.Capture(),
		fleets:   s.fleets.Capture(),
	}
}

// items writes the head and every item of the state, each to put.
func (s *state) items(shard roster.ShardID, put func(func(*codec.Writer)) error) error {
	err := put(func(w *codec.Writer) {
		w.Array(2)
		w.Uint(tagHead)
		w.Array(3)
		w.Uint(uint64(shard))
		w.Uint(uint64(s.index))
		w.Int(int64(s.now))
	})
	for _, part := range s.sections() {
		part.export(everything, func(body func(*codec.Writer)) {
			if err == nil {
				err = put(func(w *codec.Writer) {
					w.Array(2)
					w.Uint(part.tag())
					body(w)
				})
			}
		})
	}
	return err
}
