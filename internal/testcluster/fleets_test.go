package testcluster_test

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"roster"
	"roster/agentpool"
	"roster/fleet"
	"roster/internal/bubble"
	"roster/internal/testcluster"
	"roster/internal/testcluster/nemesis"
	"roster/node"
	"roster/node/fleets"
	"roster/placement"
)

// fleetFaults is how many seeds TestFleetFaults runs; 0: fleetSeeds.
var fleetFaults = flag.Uint64("fleets.seeds", 0, "how many seeds TestFleetFaults runs; 0: 6")

// crews are the agents that run in a scenario: each activation with its node and time.
type crews struct {
	sync.Mutex
	running map[roster.AgentID][]activation
	starts  int
	most    int      // places in which one agent ran at a time
	twice   []string // two activations under one epoch
	epochs  map[roster.AgentID]roster.Epoch
}

type activation struct {
	node  string
	epoch roster.Epoch
}

func newCrews() *crews {
	return &crews{running: map[roster.AgentID][]activation{}, epochs: map[roster.AgentID]roster.Epoch{}}
}

// run is an agent that does nothing until it is stopped.
func (c *crews) run(node string) agentpool.Func {
	return func(ctx context.Context, self agentpool.Self) error {
		me := activation{node, self.Epoch}
		c.Lock()
		if self.Epoch <= c.epochs[self.ID] {
			c.twice = append(c.twice, fmt.Sprintf("%s begins on %s under epoch %d, after %d", self.ID, node, self.Epoch, c.epochs[self.ID]))
		}
		c.epochs[self.ID] = max(c.epochs[self.ID], self.Epoch)
		c.running[self.ID] = append(c.running[self.ID], me)
		c.starts++
		c.most = max(c.most, len(c.running[self.ID]))
		c.Unlock()
		self.Ready()
		<-ctx.Done()
		c.Lock()
		defer c.Unlock()
		c.running[self.ID] = slices.DeleteFunc(c.running[self.ID], func(a activation) bool { return a == me })
		return nil
	}
}

// host lets a node run the agents of these crews.
func (c *crews) host(_ *testing.T, config *node.Config) {
	config.Agents = fleets.Agents{Drivers: []agentpool.Driver{agentpool.NewInproc(map[string]agentpool.Func{"wait": c.run(config.Name)})},
		Room: placement.Resources{CPU: 64000}, Busy: func() int64 { return 0 }}
}

// crew is a fleet of that many.
func crew(id fleet.ID, count int) fleet.Fleet {
	return fleet.Fleet{ID: id, Count: count, Spec: fleet.Spec{Driver: fleet.Inproc, Entry: "wait", Resources: placement.Resources{CPU: 100},
		Capabilities: []roster.Capability{{Name: "wait"}}}}
}

func do(c *testcluster.Cluster, at int, command roster.Command) {
	c.Helper()
	c.Await(command.Kind().String(), func() error {
		_, _, err := c.Node(at).Do(context.Background(), command)
		return err
	})
}

// all wants so many members of a fleet to run, as a node sees them, each once, on these
// nodes or any.
func (s *crews) all(c *testcluster.Cluster, at int, id fleet.ID, count int, on ...int) error {
	state, _, err := c.Node(at).Fleet(context.Background(), id, roster.Read{})
	if err != nil {
		return err
	}
	if state.Members[roster.StatusRunning] != count || len(state.Members) > 1 {
		return fmt.Errorf("members %v, want %d running", state.Members, count)
	}
	s.Lock()
	defer s.Unlock()
	for n := range count {
		agent := id.Member(n)
		r, _, err := c.Node(at).Lookup(context.Background(), agent, roster.Read{})
		if err != nil {
			return err
		}
		if here := s.running[agent]; len(here) != 1 || here[0].epoch != r.Epoch || c.Node(c.Number(r.Node)) == nil {
			return fmt.Errorf("%s is on %s under %d, and runs as %v", agent, r.Node, r.Epoch, here)
		}
		if len(on) > 0 && !slices.Contains(on, c.Number(r.Node)) {
			return fmt.Errorf("%s is on %s", agent, r.Node)
		}
	}
	return nil
}

func (s *crews) judge(c *testcluster.Cluster) {
	c.Helper()
	s.Lock()
	defer s.Unlock()
	for _, what := range s.twice {
		c.Error(what)
	}
}

// TestFleetFailsOver: the members of a fleet are spread, found by what they can do, and come
// back elsewhere when their node dies.
func TestFleetFailsOver(t *testing.T) {
	s := newCrews()
	testcluster.Run(t, testcluster.Options{Seed: 1, Configure: s.host}, func(c *testcluster.Cluster) {
		do(c, 0, fleet.Set{Fleet: crew("demo/crew", 30)})
		c.Await("all run", func() error { return s.all(c, 1, "demo/crew", 30) })
		page, err := c.Node(2).Find(context.Background(), roster.Query{Capabilities: []string{"wait"}, Nodes: []string{string(c.Node(0).ID())}})
		must(t, err)
		if n := len(page.Agents); n < 8 || n > 12 {
			t.Errorf("node 0 runs %d of 30", n)
		}
		killed := time.Now()
		c.Kill(0)
		c.Await("all run elsewhere", func() error { return s.all(c, 1, "demo/crew", 30, 1, 2) })
		if took := time.Since(killed); took > 5*time.Second {
			t.Errorf("back after %v of virtual time", took)
		} else {
			t.Logf("back after %v of virtual time", took)
		}
		x, err := c.Node(2).Explain(context.Background(), page.Agents[0].ID)
		must(t, err)
		if x.Status != roster.StatusRunning || len(x.Nodes) != 3 || x.Nodes[2].Why != "is down" {
			t.Errorf("%+v", x)
		}
		s.judge(c)
	})
}

// TestFleetChanges: a fleet grows and shrinks, gets a new spec member by member, leaves a
// node that is drained, moves when asked and goes when dropped.
func TestFleetChanges(t *testing.T) {
	s := newCrews()
	testcluster.Run(t, testcluster.Options{Seed: 2, Configure: s.host}, func(c *testcluster.Cluster) {
		do(c, 0, fleet.Set{Fleet: crew("demo/crew", 6)})
		c.Await("all run", func() error { return s.all(c, 1, "demo/crew", 6) })
		do(c, 1, fleet.Scale{ID: "demo/crew", Count: 12})
		c.Await("grown", func() error { return s.all(c, 2, "demo/crew", 12) })
		do(c, 1, fleet.Scale{ID: "demo/crew", Count: 4})
		c.Await("shrunk", func() error { return s.all(c, 0, "demo/crew", 4) })

		next := crew("demo/crew", 4)
		next.Spec.Description = "newer"
		before := s.starts
		do(c, 1, fleet.Set{Fleet: next})
		c.Await("replaced", func() error {
			for n := range 4 {
				r, _, err := c.Node(0).Lookup(context.Background(), next.ID.Member(n), roster.Read{})
				if err != nil || r.Description != "newer" {
					return fmt.Errorf("%+v, %w", r, err)
				}
			}
			return s.all(c, 0, "demo/crew", 4)
		})
		if n := s.starts - before; n != 4 {
			t.Errorf("%d starts for 4 members", n)
		}

		must(t, c.Node(0).Drain(context.Background(), c.Node(2).ID(), true))
		c.Await("off the drained node", func() error { return s.all(c, 0, "demo/crew", 4, 0, 1) })
		must(t, c.Node(0).Drain(context.Background(), c.Node(2).ID(), false))
		c.Await("drained no more", func() error {
			do(c, 0, fleet.Recall{Agent: "demo/crew~1", Node: c.Node(2).ID()})
			return nil
		})
		c.Await("moved where it was asked to", func() error {
			r, _, err := c.Node(0).Lookup(context.Background(), "demo/crew~1", roster.Read{})
			if err == nil && r.Node != c.Node(2).ID() {
				err = fmt.Errorf("it is on %q, %s", r.Node, r.Status)
			}
			return err
		})
		do(c, 0, fleet.Drop{ID: "demo/crew"})
		c.Await("gone", func() error {
			if _, _, err := c.Node(1).Fleet(context.Background(), "demo/crew", roster.Read{}); roster.CodeOf(err) != roster.CodeNotFound {
				return fmt.Errorf("it is there: %w", err)
			}
			return nil
		})
		s.Lock()
		for id, here := range s.running {
			if len(here) > 0 {
				t.Errorf("%s still runs: %v", id, here)
			}
		}
		s.Unlock()
		s.judge(c)
	})
}

// TestFleetComesBack: after all nodes were stopped and started again, members run under new
// epochs, on the nodes on which they were.
func TestFleetComesBack(t *testing.T) {
	s := newCrews()
	testcluster.Run(t, testcluster.Options{Seed: 3, Durable: true, Kept: true, Configure: s.host}, func(c *testcluster.Cluster) {
		do(c, 0, fleet.Set{Fleet: crew("demo/crew", 9)})
		c.Await("all run", func() error { return s.all(c, 1, "demo/crew", 9) })
		for i := range c.Size() {
			c.Stop(i)
		}
		for i := range c.Size() {
			c.Start(i)
		}
		c.AwaitReady()
		c.Await("all run again", func() error { return s.all(c, 2, "demo/crew", 9) })
		s.judge(c)
	})
}

// TestFleetWithoutReaders: members run on nodes that hold no replica of their shard.
func TestFleetWithoutReaders(t *testing.T) {
	s := newCrews()
	testcluster.Run(t, testcluster.Options{Seed: 6, Nodes: 5, Readers: roster.ReadersNone, Configure: s.host}, func(c *testcluster.Cluster) {
		do(c, 0, fleet.Set{Fleet: crew("demo/crew", 20)})
		c.Await("all run", func() error { return s.all(c, 1, "demo/crew", 20) })
		for i := range c.Size() {
			page, err := c.Node(i).Find(context.Background(), roster.Query{Nodes: []string{string(c.Node(i).ID())}})
			must(t, err)
			if len(page.Agents) == 0 {
				t.Errorf("node %d runs nothing", i)
			}
			if x, err := c.Node(i).Explain(context.Background(), "demo/crew~3"); err != nil || len(x.Nodes) != 5 {
				t.Errorf("%+v, %v", x, err)
			}
			if all, err := c.Node(i).Fleets(context.Background(), "de*"); err != nil || len(all) != 1 || all[0].Members[roster.StatusRunning] != 20 {
				t.Errorf("%+v, %v", all, err)
			}
		}
		c.Kill(4)
		c.Await("all run elsewhere", func() error { return s.all(c, 1, "demo/crew", 20, 0, 1, 2, 3) })
		s.judge(c)
	})
}

// TestFleetWhereNothingFits: members that no node takes wait, and every one can say why.
func TestFleetWhereNothingFits(t *testing.T) {
	s := newCrews()
	testcluster.Run(t, testcluster.Options{Seed: 4, Configure: s.host}, func(c *testcluster.Cluster) {
		for id, change := range map[fleet.ID]func(*fleet.Spec){
			"demo/huge":    func(s *fleet.Spec) { s.Resources.CPU = 1e6 },
			"demo/nowhere": func(s *fleet.Spec) { s.Where.Filter = `labels.zone == "moon"` },
			"demo/unknown": func(s *fleet.Spec) { s.Entry = "unknown" },
			"demo/program": func(s *fleet.Spec) { s.Driver, s.Entry, s.Command = fleet.Exec, "", []string{"true"} },
		} {
			f := crew(id, 2)
			change(&f.Spec)
			do(c, 0, fleet.Set{Fleet: f})
		}
		for id, why := range map[roster.AgentID]string{"demo/huge~1": "3 × has not enough CPU left", "demo/nowhere~0": "3 × does not match the filter",
			"demo/unknown~1": "3 × does not offer the entry point", "demo/program~0": "3 × does not allow the driver"} {
			c.Await(string(id), func() error {
				x, err := c.Node(1).Explain(context.Background(), id)
				if err == nil && (x.Status != roster.StatusRegistered || x.Reason != why || len(x.Nodes) != 3) {
					err = fmt.Errorf("%+v", x)
				}
				return err
			})
		}
	})
}

// TestFleetIsFenced: a node that is cut off stops what it runs before others may run it.
func TestFleetIsFenced(t *testing.T) {
	s := newCrews()
	testcluster.Run(t, testcluster.Options{Seed: 5, Configure: s.host}, func(c *testcluster.Cluster) {
		do(c, 0, fleet.Set{Fleet: crew("demo/crew", 12)})
		c.Await("all run", func() error { return s.all(c, 1, "demo/crew", 12) })
		c.Net.Isolate(c.Host(2))
		c.Await("all run on the others, each once at any time", func() error {
			s.Lock()
			for id, here := range s.running {
				if len(here) > 1 {
					t.Errorf("%s runs as %v", id, here)
				}
			}
			s.Unlock()
			return s.all(c, 1, "demo/crew", 12, 0, 1)
		})
		c.Net.Heal()
		c.AwaitReady()
		do(c, 2, fleet.Scale{ID: "demo/crew", Count: 18})
		c.Await("the third takes some again", func() error { return s.all(c, 1, "demo/crew", 18) })
		s.judge(c)
	})
}

// fleetSeeds is how many seeds TestFleetFaults runs unless it is told.
const fleetSeeds = 6

// TestFleetFaults runs a fleet while faults are drawn for each seed: whatever happens no
// activation begins under an epoch that was there before, an agent runs in two places at no
// time, and after the last fault all members run.
func TestFleetFaults(t *testing.T) {
	seeds := *fleetFaults
	if seeds == 0 {
		seeds = fleetSeeds
	}
	for seed := *faultFrom; seed < *faultFrom+seeds; seed++ {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			bubble.Parallel(t)
			s := newCrews()
			schedule := nemesis.Draw(seed, 3)
			o := testcluster.Options{Seed: seed, Shards: 2, Durable: true, Kept: true, Store: "bolt", ReplaceAfter: 10 * time.Second, Configure: s.host}
			var report nemesis.Report
			var log strings.Builder
			if *faultLog {
				o.Log = slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})
			}
			t.Cleanup(func() {
				if t.Failed() {
					t.Logf("%v\n%s\n%s", schedule, strings.Join(report.Trace, "\n"), log.String())
				}
			})
			testcluster.Run(t, o, func(c *testcluster.Cluster) {
				do(c, 0, fleet.Set{Fleet: crew("demo/crew", 12)})
				c.Await("all run", func() error { return s.all(c, 1, "demo/crew", 12) })
				report = nemesis.Run(c, schedule)
				c.AwaitReady()
				c.Await("all run again", func() error {
					at := c.Node(c.Running()[0])
					err := s.all(c, c.Running()[0], "demo/crew", 12)
					if err != nil {
						x, fault := at.Explain(context.Background(), "demo/crew~0")
						err = fmt.Errorf("%w; %+v, %w", err, x, fault)
					}
					return err
				})
				s.judge(c)
				s.Lock()
				starts, most := s.starts, s.most
				s.Unlock()
				if most > 1 {
					t.Errorf("an agent ran in %d places at a time", most)
				}
				t.Logf("%d starts of 12 agents", starts)
			})
		})
	}
}
