package testcluster_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"roster"
	"roster/internal/simnet"
	"roster/internal/testcluster"
)

// seeds returns how often a scenario runs: each seed is another network.
func seeds(t *testing.T) uint64 {
	if testing.Short() {
		return 1
	}
	return 3
}

func eachSeed(t *testing.T, o testcluster.Options, scenario func(*testcluster.Cluster)) {
	eachStore(t, o, func(t *testing.T, o testcluster.Options) {
		for seed := range seeds(t) {
			o.Seed = seed + 1
			testcluster.Run(t, o, scenario)
		}
	})
}

// eachStore runs a durable scenario on each store.
func eachStore(t *testing.T, o testcluster.Options, run func(*testing.T, testcluster.Options)) {
	if !o.Durable {
		run(t, o)
		return
	}
	for _, store := range testcluster.Stores {
		o.Store = store
		t.Run(store, func(t *testing.T) { run(t, o) })
	}
}

func after(d time.Duration) { <-time.After(d) }

func TestLeaderKilled(t *testing.T) {
	eachSeed(t, testcluster.Options{}, func(c *testcluster.Cluster) {
		traffic := c.StartTraffic(8)
		after(2 * time.Second)
		c.Kill(c.MostLeading(0))
		after(10 * time.Second)
		traffic.StopAndCheck(1000)
		if gap := traffic.Gap(); gap > 4*time.Second {
			t.Errorf("writes paused for %v", gap)
		}
	})
}

func TestFollowerKilledAndRestarted(t *testing.T) {
	eachSeed(t, testcluster.Options{Durable: true}, func(c *testcluster.Cluster) {
		traffic := c.StartTraffic(8)
		after(2 * time.Second)
		victim := (c.MostLeading(0) + 1) % 3
		c.Kill(victim)
		after(5 * time.Second)
		c.Restart(victim)
		c.AwaitReady()
		traffic.StopAndCheck(1000)
		everywhere(c)
	})
}

func TestPartitionAndHeal(t *testing.T) {
	eachSeed(t, testcluster.Options{}, func(c *testcluster.Cluster) {
		traffic := c.StartTraffic(8)
		after(2 * time.Second)
		alone := c.MostLeading(0)
		c.Net.Isolate(c.Host(alone))
		after(5 * time.Second)
		minorityRefuses(c, alone)
		after(30 * time.Second)
		c.Net.Heal()
		c.AwaitReady()
		after(2 * time.Second)
		traffic.StopAndCheck(1000)
		everywhere(c)
	})
}

// minorityRefuses checks that a node that is cut off acknowledges no write, refuses
// linearizable reads, and goes on answering local ones with their age.
func minorityRefuses(c *testcluster.Cluster, alone int) {
	ctx := context.Background()
	_, _, err := c.Node(alone).Register(ctx, roster.Register{Agent: roster.Agent{ID: "minority/a"}, Mode: roster.ModePut})
	if code := roster.CodeOf(err); code != roster.CodeUnavailable && code != roster.CodeUnknown {
		c.Errorf("the minority answered a write with %v", err)
	}
	_, _, err = c.Node(alone).Lookup(ctx, "load/r0", roster.Read{Level: roster.ReadLinearizable})
	if roster.CodeOf(err) != roster.CodeUnavailable {
		c.Errorf("the minority answered a linearizable read with %v", err)
	}
	_, stamp, err := c.Node(alone).Lookup(ctx, "load/r0", roster.Read{})
	if err != nil || stamp.Age < 3*time.Second {
		c.Errorf("a local read in the minority: age %v, %v", stamp.Age, err)
	}
	_, _, err = c.Node(alone).Lookup(ctx, "load/r0", roster.Read{MaxAge: time.Second})
	if roster.CodeOf(err) != roster.CodeUnavailable {
		c.Errorf("the minority called a read fresh: %v", err)
	}
}

// everywhere checks that all running nodes come to show the same agents.
func everywhere(c *testcluster.Cluster) {
	c.Helper()
	c.Await("equal rolls", func() error {
		var first string
		for _, i := range c.Running() {
			roll, err := describe(c.Node(i))
			if err != nil {
				return err
			}
			if first == "" {
				first = roll
			}
			if roll != first {
				return fmt.Errorf("node %d shows\n%s\nand another\n%s", i, roll, first)
			}
		}
		return nil
	})
}

func describe(s roster.Service) (string, error) {
	page, err := s.Find(context.Background(), roster.Query{Limit: roster.ListLimitMax, AnyHealth: true})
	roll := ""
	for _, r := range page.Agents {
		roll += fmt.Sprintln(r.ID, r.Revision, r.Epoch, r.Description)
	}
	return roll, err
}

func TestRestartOfAll(t *testing.T) {
	eachStore(t, testcluster.Options{Seed: 1, Durable: true}, func(t *testing.T, o testcluster.Options) {
		testcluster.Run(t, o, restartOfAll)
	})
}

// outliveRestart kills and restarts all three nodes: what was on the roll still is.
func outliveRestart(c *testcluster.Cluster) {
	c.Helper()
	everywhere(c)
	before, err := describe(c.Node(0))
	if err != nil {
		c.Fatal(err)
	}
	for i := range 3 {
		c.Kill(i)
	}
	for i := range 3 {
		c.Restart(i)
	}
	c.AwaitReady()
	everywhere(c)
	if roll, err := describe(c.Node(1)); err != nil || roll != before {
		c.Errorf("after the restart of all:\n%s\nbefore:\n%s%v", roll, before, err)
	}
}

func restartOfAll(c *testcluster.Cluster) {
	traffic := c.StartTraffic(8)
	after(3 * time.Second)
	traffic.StopAndCheck(200)
	after(time.Second) // what was under way when the clients stopped may still land
	outliveRestart(c)
}

func TestFourNodesExpectThree(t *testing.T) {
	eachSeed(t, testcluster.Options{Nodes: 4, Expect: 3, Cold: true}, func(c *testcluster.Cluster) {
		c.Net.SetLinks(simnet.Link{DelayMin: time.Millisecond, DelayMax: 300 * time.Millisecond, Drop: 0.05})
		for i := range 4 {
			c.Start(i)
		}
		// Elections within a quarter of a second cannot be won over such links, on which
		// whatever follows a late message is late too: they are for the founding.
		after(20 * time.Second)
		c.Net.SetLinks(simnet.Link{DelayMin: 200 * time.Microsecond, DelayMax: 20 * time.Millisecond})
		c.AwaitReady()
		c.Await("one cluster of four", func() error { return balanced(c, 3, 4) })
		everywhere(c)
	})
}

// A watcher sees, for each agent, every change once and in order, while leaders die.
func TestWatchSeesEveryChange(t *testing.T) {
	eachSeed(t, testcluster.Options{}, func(c *testcluster.Cluster) {
		leader := c.MostLeading(0)
		by := (leader + 1) % 3
		ctx, cancel := context.WithCancel(context.Background())
		seen := make(chan map[roster.AgentID][]roster.Index, 1)
		started := make(chan struct{})
		go func() { seen <- follow(ctx, c.Node(by), started) }()
		<-started
		traffic := c.StartTraffic(8)
		after(2 * time.Second)
		c.Kill(leader)
		after(6 * time.Second)
		traffic.StopAndCheck(400)
		final, err := c.Node(by).Find(context.Background(), roster.Query{AnyHealth: true, Read: roster.Read{Level: roster.ReadLinearizable}})
		if err != nil {
			t.Fatal(err)
		}
		after(time.Second)
		cancel()
		histories := <-seen
		for _, record := range final.Agents {
			revisions := histories[record.ID]
			if n := len(revisions); n == 0 || revisions[n-1] != record.Revision {
				t.Errorf("%s is at revision %d; the watcher saw %v", record.ID, record.Revision, revisions)
			}
		}
	})
}

// follow watches everything and resumes from its cursor every hundred events; it
// returns the revisions of each agent in the order seen.
func follow(ctx context.Context, s roster.Service, started chan<- struct{}) map[roster.AgentID][]roster.Index {
	seen := make(map[roster.AgentID][]roster.Index)
	before := make(map[roster.AgentID]roster.Index)
	cursor := roster.Cursor("")
	for ctx.Err() == nil {
		n := 0
		for event, err := range s.Watch(ctx, roster.Query{AnyHealth: true, Initial: cursor == ""}, cursor) {
			if err != nil {
				return nil
			}
			cursor = event.Cursor
			if event.Type == roster.EventSynced {
				close(started)
				continue
			}
			record := event.After
			if event.Before != nil && event.Before.Revision != before[record.ID] {
				return nil // a gap: what the event changes was never shown
			}
			before[record.ID] = record.Revision
			seen[record.ID] = append(seen[record.ID], record.Revision)
			if n++; n == 100 {
				break
			}
		}
	}
	return seen
}

// The check itself must be able to fail: a read of what was overwritten long ago.
func TestHistoryFindsAStaleRead(t *testing.T) {
	h := testcluster.NewHistory()
	s := &staleService{values: map[roster.AgentID][]string{}}
	ctx := context.Background()
	for i := range 5 {
		if err := h.Put(ctx, s, "load/r0", fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := h.Get(ctx, s, "load/r0"); err != nil {
		t.Fatal(err)
	}
	if h.Check() == nil {
		t.Error("a stale read was called linearizable")
	}
}

// staleService answers every look-up with the value before the last: the planted bug.
type staleService struct {
	roster.Service
	values map[roster.AgentID][]string
}

func (s *staleService) Register(_ context.Context, c roster.Register) (roster.Change, roster.Stamp, error) {
	s.values[c.Agent.ID] = append(s.values[c.Agent.ID], c.Agent.Description)
	return roster.Change{}, roster.Stamp{}, nil
}

func (s *staleService) Lookup(_ context.Context, id roster.AgentID, _ roster.Read) (*roster.Record, roster.Stamp, error) {
	values := s.values[id]
	if len(values) < 2 {
		return nil, roster.Stamp{}, errors.New("nothing to be stale with")
	}
	return &roster.Record{Agent: roster.Agent{ID: id, Description: values[len(values)-2]}}, roster.Stamp{}, nil
}

// Leaders spread evenly once a quiet cluster has had time to hand over.
func TestLeadersSpread(t *testing.T) {
	testcluster.Run(t, testcluster.Options{Seed: 1, Shards: 8}, func(c *testcluster.Cluster) {
		c.Await("even leaders", func() error {
			members, err := c.Node(0).Members(context.Background())
			for _, m := range members {
				if len(m.LeaderOf) != 3 {
					return fmt.Errorf("%s leads %v of 9 shards: want 3", m.ID, m.LeaderOf)
				}
			}
			return err
		})
	})
}

// A slow disk slows only its own node: the others go on acknowledging, and nothing
// that was acknowledged is lost.
func TestSlowDisk(t *testing.T) {
	eachSeed(t, testcluster.Options{}, func(c *testcluster.Cluster) {
		traffic := c.StartTraffic(8)
		after(2 * time.Second)
		slow := c.MostLeading(0)
		c.SlowDisk(slow, 200*time.Millisecond)
		after(10 * time.Second)
		c.SlowDisk(slow, 0)
		after(2 * time.Second)
		traffic.StopAndCheck(500)
		everywhere(c)
	})
}

// A disk that hangs for good loses its node the leaderships and then its life.
func TestHungDisk(t *testing.T) {
	testcluster.Run(t, testcluster.Options{Seed: 1}, func(c *testcluster.Cluster) {
		traffic := c.StartTraffic(8)
		after(2 * time.Second)
		hung := c.MostLeading(0)
		stopped := c.Node(hung).Done()
		c.SlowDisk(hung, 20*time.Second)
		after(15 * time.Second)
		select {
		case <-stopped:
		default:
			t.Error("the node with the hung disk still claims to work")
		}
		c.SlowDisk(hung, 0)
		after(10 * time.Second) // the writes return at last
		c.Kill(hung)
		after(3 * time.Second)
		traffic.StopAndCheck(300)
	})
}

// TestStoresMoveUnderLoad moves the logs of all nodes from store to store while clients
// write, and restarts them all: nothing is lost, whichever store a log is in.
func TestStoresMoveUnderLoad(t *testing.T) {
	eachStore(t, testcluster.Options{Seed: 1, Durable: true}, func(t *testing.T, o testcluster.Options) {
		testcluster.Run(t, o, func(c *testcluster.Cluster) { moveStores(c, o.Store) })
	})
}

func moveStores(c *testcluster.Cluster, store string) {
	other := map[string]string{"bolt": "shared", "shared": "bolt"}
	traffic := c.StartTraffic(8)
	after(2 * time.Second)
	for _, to := range []string{other[store], store, other[store]} {
		for i := range 3 {
			moves, err := c.Node(i).MigrateStore(context.Background(), to)
			if err != nil || moves.Moved != 5 || moves.Left != 0 {
				c.Fatalf("node %d to %s: %+v, %v", i, to, moves, err)
			}
		}
		after(time.Second)
	}
	traffic.StopAndCheck(500)
	after(time.Second)
	outliveRestart(c)
	if moves, err := c.Node(2).MigrateStore(context.Background(), other[store]); err != nil || moves.Moved != 0 {
		c.Errorf("after the restart logs are elsewhere: %+v, %v", moves, err)
	}
}
