package moves

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"roster"
)

// TestZones: votes go over to zones that come to be, one zone more than before at a time, and
// where zones are of one size each shard has a voter in each, and loads stay even.
func TestZones(t *testing.T) {
	for seed := range uint64(4) {
		s := newZonedSim(t, seed, 6, 0)
		s.world.Map.Readers = []roster.Readers{roster.ReadersAll, 1}[seed%2]
		s.settle()
		for i := range s.world.Nodes {
			s.world.Nodes[i].Labels = roster.Map{{Key: roster.SpreadDefault, Value: fmt.Sprint(i % 3)}}
		}
		plan, _ := Plan(s.world)
		if !slices.ContainsFunc(plan.Moves, func(m roster.Move) bool { return strings.HasPrefix(m.Reason, "zone ") }) {
			t.Fatalf("no reason names a zone: %+v", plan.Moves)
		}
		s.settle()
		s.check()
		s.checkReaders()
		s.checkZones()
		s.zones = 3
		for range 3 {
			s.join()
		}
		s.settle()
		s.check()
		s.checkReaders()
		s.checkZones()
	}
}

// checkZones wants the voters of every shard in as many zones as there are voters.
func (s *sim) checkZones() {
	s.t.Helper()
	zones := s.world.zones()
	for shard, voters := range s.world.Voters {
		in := map[string]bool{}
		for _, id := range voters {
			in[zones[id]] = true
		}
		if len(in) != len(voters) {
			s.t.Fatalf("shard %d has voters %v in %d zones", shard, voters, len(in))
		}
	}
}
