package testcluster_test

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"roster"
	"roster/internal/bubble"
	"roster/internal/testcluster"
	"roster/internal/testcluster/nemesis"
)

var (
	faultSeeds = flag.Uint64("faults.seeds", 0, "how many seeds TestFaults runs; 0: 40, or 2 with -short")
	faultFrom  = flag.Uint64("faults.from", 1, "the first seed of TestFaults")
	faultOnly  = flag.String("faults.only", "", "which faults of a schedule happen, as 0,3; empty: all")
	faultFirst = flag.Bool("faults.first", false, "leave out what comes after the first seed that fails")
	faultLog   = flag.Bool("faults.log", false, "keep what the nodes log, beside the report of a seed that fails")
)

const (
	// healWithin is how soon after the last fault every shard takes writes again.
	healWithin = 10 * time.Second
	// answersMin is how many answers a seed takes: with fewer nothing was tried.
	answersMin = 300
	// shortLogs is every how manieth seed keeps little of its logs, so that a replica that
	// was away for seconds takes a snapshot.
	shortLogs = 3
)

// TestFaults lets the nemesis loose on a cluster under load, once for each seed, and holds
// what clients, watchers and nodes saw against what Roster promises.
func TestFaults(t *testing.T) {
	seeds := *faultSeeds
	if seeds == 0 {
		seeds = 20
		if testing.Short() {
			seeds = 2
		}
	}
	var found atomic.Bool
	var seeded, installed atomic.Int64 // seeds that end in short logs, and snapshots there
	t.Cleanup(func() {
		if seeded.Load() > 0 && installed.Load() == 0 && !found.Load() {
			t.Error("no replica ever took a snapshot from its leader")
		}
	})
	for seed := *faultFrom; seed < *faultFrom+seeds; seed++ {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			bubble.Parallel(t)
			if *faultFirst && found.Load() {
				t.Skip("a seed before this one has failed")
			}
			t.Cleanup(func() {
				if t.Failed() {
					found.Store(true)
				}
			})
			if x := runSeed(t, seed); seed%shortLogs == 0 {
				seeded.Add(1)
				installed.Add(int64(x.snapshots))
			}
		})
	}
}

func runSeed(t *testing.T, seed uint64) *ordeal {
	o := testcluster.Options{Seed: seed, Nodes: 3, Expect: 3, Shards: 2, Durable: true, Kept: true, Store: "bolt", ReplaceAfter: 10 * time.Second}
	if seed%4 == 0 {
		o.Nodes = 4
	}
	o.Snapshots = seed%shortLogs == 0
	if seed%8 == 0 {
		o.Readers = roster.ReadersNone
	}
	schedule := nemesis.Draw(seed, o.Nodes)
	if *faultOnly != "" {
		schedule = schedule.Only(numbers(t, *faultOnly)...)
	}
	x := &ordeal{schedule: schedule}
	var log strings.Builder
	if *faultLog {
		o.Log = slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})
	}
	t.Cleanup(func() {
		if t.Failed() {
			x.keep(t, log.String())
		}
		*x = ordeal{} // else the cluster stays in memory until every seed is through
	})
	testcluster.Run(t, o, x.run)
	if err := x.history.Check(); err != nil {
		t.Error(err)
	}
	t.Logf("%d answers, %d of requests, %d events, %d gaps, %d reads, %d entries, %d leaders, %d snapshots",
		x.history.Certain(), x.once.certain, x.viewer.events, x.viewer.gaps, x.observer.reads, x.entries, x.leaders, x.snapshots)
	return x
}

func numbers(t *testing.T, list string) (out []int) {
	for _, text := range strings.Split(list, ",") {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatalf("-faults.only %s: want numbers with commas between them", list)
		}
		out = append(out, n)
	}
	return out
}

// ordeal is one seed: who is at work on the cluster, and what came of it.
type ordeal struct {
	schedule  nemesis.Schedule
	report    nemesis.Report
	history   *testcluster.History
	once      onceClients
	viewer    *viewer
	observer  *observer
	sessions  []*kept
	of        map[roster.ShardID]roster.AgentID // an agent of each shard
	entries   int
	leaders   int
	snapshots int // that took the place of a replica's state
}

func (x *ordeal) run(c *testcluster.Cluster) {
	traffic := c.StartTraffic(5)
	x.history = traffic.History
	x.viewer, x.observer = newViewer(), newObserver("load/r0")
	x.of = map[roster.ShardID]roster.AgentID{1: agentOf(c, 1), 2: agentOf(c, 2)}
	ctx, stop := context.WithCancel(c.Over())
	defer stop()
	watched := spawn(func() { x.viewer.run(ctx, c) })
	observed := spawn(func() { x.observer.run(ctx, c) })
	x.once.start(ctx, c, 3)
	for n := range 4 {
		x.sessions = append(x.sessions, keep(c, n, n == 3))
	}
	x.report = nemesis.Run(c, x.schedule)
	x.servesAgain(c)
	c.AwaitReady()
	after(time.Second)
	x.once.stop()
	traffic.Stop()
	x.readAll(c)
	x.endSessions(c)
	everywhere(c)
	after(5 * time.Second)
	now := roll(c)
	after(5 * time.Second)
	stop()
	<-watched
	<-observed
	if err := x.viewer.behind(now); err != nil {
		c.Errorf("the watcher has not seen all: %v", err)
	}
	x.judge(c)
}

// roll returns all agents.
func roll(c *testcluster.Cluster) (all []*roster.Record) {
	q := roster.Query{AnyHealth: true, Limit: roster.ListLimitMax, Read: roster.Read{Level: roster.ReadLinearizable}}
	for {
		page, err := c.Node(c.Running()[0]).Find(context.Background(), q)
		if err != nil {
			c.Error(err)
		}
		all = append(all, page.Agents...)
		if page.Cursor == "" || err != nil {
			return all
		}
		q.Cursor = page.Cursor
	}
}

// spawn runs f beside the caller; done says that it has ended.
func spawn(f func()) (done <-chan struct{}) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		f()
	}()
	return ended
}

// servesAgain wants every shard to take a write soon after the last fault.
func (x *ordeal) servesAgain(c *testcluster.Cluster) {
	ctx, cancel := context.WithDeadline(c.Over(), x.report.Healed.Add(healWithin))
	defer cancel()
	writes := map[string]func(roster.Service) error{
		"the system shard": func(s roster.Service) error {
			if err := s.PauseMoves(ctx, true); err != nil {
				return err
			}
			return s.PauseMoves(ctx, false)
		},
	}
	for shard, id := range x.of {
		writes[fmt.Sprintf("shard %v", shard)] = func(s roster.Service) error {
			_, _, err := s.Register(ctx, roster.Register{Agent: roster.Agent{ID: id}, Mode: roster.ModePut})
			return err
		}
	}
	failed := make(chan error, len(writes))
	for what, write := range writes {
		go func() { failed <- soon(ctx, c, what, write) }()
	}
	for range writes {
		if err := <-failed; err != nil {
			c.Error(err)
		}
	}
}

// soon tries a write at one node after the other until one takes it or ctx ends.
func soon(ctx context.Context, c *testcluster.Cluster, what string, write func(roster.Service) error) error {
	var err error
	for try := 0; ctx.Err() == nil; try++ {
		up := c.Running()
		if err = write(c.Node(up[try%len(up)])); err == nil {
			return nil
		}
		after(50 * time.Millisecond)
	}
	return fmt.Errorf("%v after the last fault, %s takes no write: %w", healWithin, what, err)
}

// agentOf returns an agent that a shard keeps.
func agentOf(c *testcluster.Cluster, shard roster.ShardID) roster.AgentID {
	for i := 0; ; i++ {
		id := roster.AgentID(fmt.Sprintf("heal%d/a", i))
		if _, stamp, _ := c.Node(c.Running()[0]).Lookup(context.Background(), id, roster.Read{}); stamp.Shard == shard {
			return id
		}
	}
}

// readAll reads every register at every node: what was acknowledged and is lost shows in
// the history.
func (x *ordeal) readAll(c *testcluster.Cluster) {
	for _, i := range c.Running() {
		for r := range testcluster.Registers {
			id := roster.AgentID(fmt.Sprintf("load/r%d", r))
			c.Await("a last read", func() error {
				_, err := x.history.Get(context.Background(), c.Node(i), id)
				return err
			})
		}
	}
}

// endSessions wants all sessions to end once nobody keeps them: two TTLs and a little
// later at most.
func (x *ordeal) endSessions(c *testcluster.Cluster) {
	for _, k := range x.sessions {
		k.stop()
		<-k.done
	}
	after(2*keptTTL + 2*time.Second)
	for _, k := range x.sessions {
		if err := k.wantOver(); err != nil {
			c.Error(err)
		}
	}
}

// judge gathers what was noticed, and wants something to have been noticed at all.
func (x *ordeal) judge(c *testcluster.Cluster) {
	faults := append(x.viewer.faults, x.observer.faults...)
	faults = append(faults, x.once.check(x.viewer)...)
	for _, k := range x.sessions {
		if k.early != nil && !k.held { // who held it may have died, and with it the connection
			faults = append(faults, k.early.Error())
		}
	}
	for _, fault := range faults {
		c.Error(fault)
	}
	_, x.entries, x.leaders = c.Witness().Faults()
	x.snapshots = c.Witness().Snapshots()
	if n := x.history.Certain(); n < answersMin || x.once.certain == 0 || x.viewer.events == 0 || x.observer.reads == 0 || x.leaders == 0 {
		c.Errorf("too little happened to prove anything: %d answers, %d of requests, %d events, %d reads, %d leaders",
			n, x.once.certain, x.viewer.events, x.observer.reads, x.leaders)
	}
}

// keep writes down what happened, and says how to let it happen again.
func (x *ordeal) keep(t *testing.T, log string) {
	again := fmt.Sprintf("go test ./internal/testcluster -run TestFaults -faults.seeds=1 -faults.from=%d", x.schedule.Seed)
	text := fmt.Sprintf("%v\nagain: %s\n\n%s\n", x.schedule, again, strings.Join(x.report.Trace, "\n"))
	t.Log(text)
	dir := filepath.Join(os.TempDir(), "roster-faults")
	path := filepath.Join(dir, fmt.Sprintf("seed-%d.txt", x.schedule.Seed))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Log(err)
		return
	}
	if err := os.WriteFile(path, []byte(text+log), 0o600); err != nil {
		t.Log(err)
		return
	}
	t.Logf("kept in %s", path)
}
