package moves

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"roster"
	"roster/dht"
)

// sim is a cluster in which groups follow the map, one step at a time.
type sim struct {
	t       testing.TB
	random  *rand.Rand
	world   World
	readers map[roster.ShardID][]roster.NodeID
	leader  map[roster.ShardID]roster.NodeID
	dead    map[roster.NodeID]bool
	steps   int
	zones   int // over which nodes are dealt; 0: they have no labels
}

const shardCount = 9

func newSim(t testing.TB, seed uint64, nodes int) *sim { return newZonedSim(t, seed, nodes, 0) }

func newZonedSim(t testing.TB, seed uint64, nodes, zones int) *sim {
	s := &sim{t: t, zones: zones, random: rand.New(rand.NewPCG(seed, 7)), readers: map[roster.ShardID][]roster.NodeID{},
		leader: map[roster.ShardID]roster.NodeID{}, dead: map[roster.NodeID]bool{}}
	s.world = World{Now: 1000, After: 100, Voters: map[roster.ShardID][]roster.NodeID{}}
	for range nodes {
		s.join()
	}
	var ids []roster.ShardID
	for i := range roster.ShardID(shardCount) {
		ids = append(ids, i)
	}
	s.world.Map = roster.ClusterMap{Version: 1, Shards: dht.NewRing(s.world.Fit(), dht.Options{Shards: ids}).Assignment()}
	for _, shard := range s.world.Map.Shards {
		s.world.Voters[shard.ID] = slices.Clone(shard.Voters)
		s.readers[shard.ID] = without(s.world.Fit(), shard.Voters)
	}
	return s
}

func (s *sim) join() roster.NodeID {
	id := roster.NodeID(fmt.Sprintf("n%02d", len(s.world.Nodes)+1))
	n := roster.NodeInfo{ID: id, State: roster.NodeAlive}
	if s.zones > 0 {
		n.Labels = roster.Map{{Key: roster.SpreadDefault, Value: fmt.Sprint(len(s.world.Nodes) % s.zones)}}
	}
	s.world.Nodes = append(s.world.Nodes, n)
	return id
}

// node returns the n-th node that has not left.
func (s *sim) node(id roster.NodeID) *roster.NodeInfo {
	i := slices.IndexFunc(s.world.Nodes, func(n roster.NodeInfo) bool { return n.ID == id })
	return &s.world.Nodes[i]
}

func (s *sim) kill(id roster.NodeID) {
	s.dead[id] = true
	n := s.node(id)
	n.State, n.Lease = roster.NodeDown, s.world.Now
}

func (s *sim) alive(id roster.NodeID) bool { return !s.dead[id] }

// settle lets planner and groups work until nothing changes any more.
func (s *sim) settle() roster.MovePlan {
	s.t.Helper()
	for range 2000 {
		plan, next := Plan(s.world)
		moved := next.Version != s.world.Map.Version
		if n := len(slices.DeleteFunc(slices.Clone(plan.Moves), func(m roster.Move) bool { return m.State != roster.MoveUnderWay })); n > MovingMax {
			s.t.Fatalf("%d shards move at once", n)
		}
		s.world.Map = next
		for _, shard := range s.world.Map.Shards {
			moved = s.follow(shard) || moved
		}
		if !moved {
			return plan
		}
	}
	s.t.Fatalf("it never comes to rest: %+v", s.world.Map.Shards)
	return roster.MovePlan{}
}

// follow lets a group take its next step, and holds it to what is promised.
func (s *sim) follow(shard roster.ShardVoters) bool {
	s.t.Helper()
	voters := s.world.Voters[shard.ID]
	living := slices.DeleteFunc(slices.Clone(voters), func(id roster.NodeID) bool { return s.dead[id] })
	if !quorum(len(living), len(voters)) {
		return false // it has no leader
	}
	if !slices.Contains(living, s.leader[shard.ID]) {
		s.leader[shard.ID] = living[s.random.IntN(len(living))]
	}
	readers, tended := s.tend(shard.ID, voters)
	slow := s.random.IntN(3) == 0
	step := Next(Group{Self: s.leader[shard.ID], Voters: voters, Readers: readers, Want: shard.Voters, Alive: s.alive,
		Ready: func(roster.NodeID) bool { return !slow }})
	if slow && (step.Kind == Promote || step.Kind == Remove && len(without(shard.Voters, voters)) > 0) {
		s.t.Fatalf("%s %s while nobody has caught up", step.Kind, step.Node)
	}
	next := slices.Clone(voters)
	switch step.Kind {
	case Done:
		return tended
	case Wait:
		return slow || tended
	case Transfer:
		s.leader[shard.ID] = step.Node
		return true
	case Promote:
		if !slices.Contains(readers, step.Node) {
			s.t.Fatalf("%s votes in shard %d and was no reader", step.Node, shard.ID)
		}
		next = append(next, step.Node)
		s.readers[shard.ID] = without(readers, []roster.NodeID{step.Node})
	case Demote, Remove:
		next = without(voters, []roster.NodeID{step.Node})
		if step.Kind == Demote {
			s.readers[shard.ID] = append(readers, step.Node)
		}
		if step.Node == s.leader[shard.ID] {
			s.t.Fatalf("the leader of shard %d takes its own vote", shard.ID)
		}
	}
	living = slices.DeleteFunc(slices.Clone(next), func(id roster.NodeID) bool { return s.dead[id] })
	if !quorum(len(living), len(next)) {
		s.t.Fatalf("%s %s leaves %v with a quorum of nobody: %d live", step.Kind, step.Node, next, len(living))
	}
	if len(next) > max(len(shard.Voters), roster.VotersDefault)+1 {
		s.t.Fatalf("shard %d has %d voters", shard.ID, len(next))
	}
	s.world.Voters[shard.ID] = next
	s.steps++
	return true
}

// tend lets a group change its readers, and says whether it did.
func (s *sim) tend(shard roster.ShardID, voters []roster.NodeID) ([]roster.NodeID, bool) {
	enter, leave := Readers(s.world, shard, voters, s.readers[shard])
	if bad := slices.DeleteFunc(slices.Clone(leave), func(id roster.NodeID) bool { return !slices.Contains(voters, id) }); len(bad) > 0 {
		s.t.Fatalf("%v vote in shard %d and are to go as readers", bad, shard)
	}
	s.readers[shard] = append(without(s.readers[shard], leave), enter...)
	return s.readers[shard], len(enter)+len(leave) > 0
}

// checkReaders wants as many readers of every shard as the map says, spread evenly.
func (s *sim) checkReaders() {
	s.t.Helper()
	holders := s.world.Holders()
	load := map[roster.NodeID]int{}
	for _, shard := range s.world.Map.Shards {
		readers, others := s.readers[shard.ID], without(holders, s.world.Voters[shard.ID])
		want := dht.ReaderCount(s.world.Map.Readers, len(others))
		if shard.ID == roster.SystemShard {
			want = len(others)
		}
		if living := without(readers, without(readers, holders)); len(living) != want {
			s.t.Fatalf("shard %d has readers %v beside %v; want %d", shard.ID, readers, s.world.Voters[shard.ID], want)
		}
		for _, id := range s.world.Voters[shard.ID] {
			load[id]++
		}
		if shard.ID != roster.SystemShard {
			for _, id := range readers {
				load[id]++
			}
		}
	}
	low, high := 2*shardCount, 0
	for _, id := range holders {
		low, high = min(low, load[id]), max(high, load[id])
	}
	if s.zones != 2 && s.zones != 4 && len(s.world.Map.Draining) == 0 && len(s.dead) == 0 && high-low > 1 {
		s.t.Fatalf("replicas are spread unevenly: %v", load)
	}
}

// check wants every shard where the map wants it, on fit nodes alone, evenly.
func (s *sim) check() {
	s.t.Helper()
	load, leads, fit := map[roster.NodeID]int{}, map[roster.NodeID]int{}, s.world.Fit()
	for _, shard := range s.world.Map.Shards {
		now := s.world.Voters[shard.ID]
		if len(without(shard.Voters, now))+len(without(now, shard.Voters)) > 0 {
			s.t.Fatalf("shard %d: %v vote, wanted are %v", shard.ID, now, shard.Voters)
		}
		if strays := without(now, fit); len(strays) > 0 {
			s.t.Fatalf("shard %d: %v vote and are not fit", shard.ID, strays)
		}
		leads[shard.Voters[0]]++
		for _, id := range now {
			load[id]++
		}
	}
	for name, counts := range map[string]map[roster.NodeID]int{"votes": load, "leads": leads} {
		low, high := shardCount, 0
		for _, id := range fit {
			low, high = min(low, counts[id]), max(high, counts[id])
		}
		if high-low > 1 {
			s.t.Fatalf("%s are spread unevenly: %v", name, counts)
		}
	}
}

// TestGrowAndShrink takes one node to five and back to three.
func TestGrowAndShrink(t *testing.T) {
	s := newSim(t, 1, 1)
	for range 4 {
		s.join()
		s.settle()
		s.check()
	}
	for _, id := range []roster.NodeID{"n01", "n03"} {
		s.world.Map.Draining = append(s.world.Map.Draining, id)
		s.settle()
		s.check()
		s.node(id).State = roster.NodeLeft
		s.settle()
		s.check()
	}
	s.world.Map.Draining = append(s.world.Map.Draining, "n02")
	before := s.steps
	if plan := s.settle(); plan.Held == "" || s.steps != before {
		t.Fatalf("two nodes cannot hold three voters each: %d steps, plan %+v", s.steps-before, plan)
	}
}

// TestDead: a node's votes are taken over when it has been down for long, not before.
func TestDead(t *testing.T) {
	s := newSim(t, 2, 4)
	s.kill("n02")
	s.world.Now += s.world.After - 1
	if s.settle(); s.steps != 0 {
		t.Fatalf("%d steps before its time", s.steps)
	}
	s.world.Now++
	s.settle()
	s.check()
	if s.steps == 0 {
		t.Fatal("nobody took over")
	}
}

// TestPaused: nothing new begins, what is under way is finished.
func TestPaused(t *testing.T) {
	s := newSim(t, 3, 3)
	s.join()
	_, s.world.Map = Plan(s.world)
	s.world.Map.Paused = true
	plan := s.settle()
	if s.steps != 2*MovingMax || len(plan.Moves) == 0 || plan.Moves[0].State != roster.MoveWaiting {
		t.Fatalf("%d steps of %d moves under way; plan %+v", s.steps, MovingMax, plan)
	}
	s.world.Map.Paused = false
	s.settle()
	s.check()
}

// TestNewcomerDies: a move that waits for a node which dies is planned again.
func TestNewcomerDies(t *testing.T) {
	s := newSim(t, 4, 3)
	id := s.join()
	_, s.world.Map = Plan(s.world)
	s.kill(id)
	s.world.Now += s.world.After
	s.settle()
	s.join()
	s.settle()
	s.check()
}

// TestAnyHistory lets nodes come, drain, return, die and leave at random.
func TestAnyHistory(t *testing.T) {
	for seed := range uint64(14) {
		s := newZonedSim(t, seed, 1+int(seed%5), int(seed%3)*2)
		s.world.Map.Readers = []roster.Readers{roster.ReadersAll, roster.ReadersNone, 1, 2}[seed%4]
		for range 12 {
			s.happen()
			s.settle()
		}
		for id := range s.dead { // all that only died comes back
			if n := s.node(id); n.State == roster.NodeDown {
				delete(s.dead, id)
				n.State = roster.NodeAlive
			}
		}
		s.world.Map.Draining = nil
		for len(s.world.Fit()) < 3 {
			s.join()
		}
		s.settle()
		s.checkReaders()
		if s.zones == 0 { // zones that are not of one size come before even loads
			s.check()
		}
	}
}

// TestReadersFollow changes how many nodes read, while votes move, and back: no group
// promotes who has not read before, and in the end all are where they are wanted.
func TestReadersFollow(t *testing.T) {
	for seed := range uint64(4) {
		s := newSim(t, seed, 5)
		for _, r := range []roster.Readers{roster.ReadersNone, 1, roster.ReadersAll, 2, roster.ReadersNone} {
			s.world.Map.Readers = r
			s.join()
			s.world.Map.Draining = []roster.NodeID{s.world.Nodes[s.random.IntN(len(s.world.Nodes))].ID}
			s.settle()
			s.world.Map.Draining = nil
			s.settle()
			s.check()
			s.checkReaders()
		}
	}
}

// TestUnknownShardsStay: where nobody says who votes, nothing is moved, and it counts.
func TestUnknownShardsStay(t *testing.T) {
	s := newSim(t, 6, 3)
	s.join()
	delete(s.world.Voters, 1)
	delete(s.world.Voters, 2)
	plan, next := Plan(s.world)
	if next.Version != s.world.Map.Version || plan.Held == "" {
		t.Fatalf("moved %+v although two shards are not known: %+v", next.Shards, plan)
	}
	delete(s.world.Voters, 3)
	s.world.Voters[1], s.world.Voters[2] = voters(s.world.Map.Shards, 1), voters(s.world.Map.Shards, 2)
	if _, next = Plan(s.world); next.Version == s.world.Map.Version || !slices.Equal(voters(next.Shards, 3), voters(s.world.Map.Shards, 3)) {
		t.Fatalf("shard 3 is not known and gets %v", voters(next.Shards, 3))
	}
}

// happen changes one node, but never more than one voter's life at a time.
func (s *sim) happen() {
	all := s.world.Nodes
	id := all[s.random.IntN(len(all))].ID
	n := s.node(id)
	switch s.random.IntN(6) {
	case 0, 1:
		s.join()
	case 2:
		s.world.Map.Draining = append(s.world.Map.Draining, id)
	case 3:
		s.world.Map.Draining = without(s.world.Map.Draining, []roster.NodeID{id})
	case 4:
		if n.State == roster.NodeAlive && len(s.dead) == 0 {
			s.kill(id)
			s.world.Now += roster.LogTime(s.random.IntN(2)) * s.world.After
		}
	case 5:
		if n.State == roster.NodeDown {
			delete(s.dead, id)
			n.State = roster.NodeAlive
		}
	}
}
