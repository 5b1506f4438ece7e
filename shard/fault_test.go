package shard

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/raft"

	"roster"
	"roster/fsm"
	"roster/internal/bubble"
	"roster/shard/logstore"
	"roster/shard/replica"
)

// brittle panics on the entry that registers agent 13.
type brittle struct{ replica.Machine }

func (b brittle) Apply(e roster.Entry) []roster.Result {
	for _, op := range e.Ops {
		if r, ok := op.Command.(roster.Register); ok && r.Agent.ID == agentID(13) {
			panic("thirteen")
		}
	}
	return b.Machine.Apply(e)
}

// TestPanicInApply: the replica whose machine breaks stops, hands over and goes on
// answering reads; the others go on without it, and nothing ends the process.
func TestPanicInApply(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		faults := make(chan error, 1)
		var weak atomic.Pointer[roster.NodeID]
		c := muster(t, logstore.Memory, 3, func(id roster.NodeID, c *Config) {
			c.OnFault = func(_ roster.ShardID, err error) { faults <- err }
			c.tuning.machine = func(s roster.ShardID) replica.Machine {
				return &choosy{Machine: fsm.New(s), broken: func() bool { w := weak.Load(); return w != nil && *w == id }}
			}
		})
		defer c.disband()
		leader := c.leader()
		propose(t, leader, 1)
		node := leader.config.Node
		weak.Store(&node)
		ctx, cancel := deadline(5 * time.Second)
		defer cancel()
		if _, err := leader.Propose(ctx, register(13)); roster.CodeOf(err) != roster.CodeUnknown {
			t.Errorf("the write that broke the machine: %v, want Unknown", err)
		}
		if err := <-faults; !strings.Contains(err.Error(), "thirteen") {
			t.Errorf("fault %v", err)
		}
		next := c.leader(node)
		propose(t, next, 14)
		wantAgents(t, next, 13, 15)
		wantAgents(t, leader, 1, 2)
		if _, ok, _ := leader.Lookup(agentID(14)); ok {
			t.Error("a machine that has stopped applied something")
		}
		if _, err := leader.replica.Snapshot(); err == nil {
			t.Error("a machine that has stopped gave a snapshot")
		}
		if _, err := leader.Propose(ctx, register(15)); err == nil {
			t.Error("a replica that has stopped took a write")
		}
		if err := leader.WaitIndex(ctx, next.replica.Index()); roster.CodeOf(err) != roster.CodeUnavailable {
			t.Errorf("waiting on a replica that has stopped: %v", err)
		}
	})
}

type choosy struct {
	replica.Machine
	broken func() bool
}

func (c *choosy) Apply(e roster.Entry) []roster.Result {
	if c.broken() {
		return brittle{c.Machine}.Apply(e)
	}
	return c.Machine.Apply(e)
}

// TestPanicWithoutAnother: a single voter that breaks refuses writes and reads go on.
func TestPanicWithoutAnother(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		c := muster(t, logstore.Memory, 1, func(_ roster.NodeID, c *Config) {
			c.tuning.machine = func(s roster.ShardID) replica.Machine { return brittle{fsm.New(s)} }
		})
		defer c.disband()
		g := c.leader()
		propose(t, g, 1)
		ctx, cancel := deadline(5 * time.Second)
		defer cancel()
		if _, err := g.Propose(ctx, register(13)); roster.CodeOf(err) != roster.CodeUnknown {
			t.Errorf("the write that broke the machine: %v", err)
		}
		if _, err := g.Propose(ctx, register(14)); err == nil {
			t.Error("a replica that has stopped took a write")
		}
		wantAgents(t, g, 1, 2)
		if g.Fault() == nil {
			t.Error("no fault")
		}
		<-time.After(3 * time.Second)
		if _, _, seen := g.Lookup(agentID(1)); seen.Age < 3*time.Second {
			t.Errorf("three seconds after the machine stopped, its age is %v", seen.Age)
		}
		if _, err := g.View(func(*fsm.View) error { return nil }); err != nil {
			t.Errorf("view: %v", err)
		}
	})
}

// frail is a store that fails every write from a chosen moment on.
type frail struct {
	logstore.Store
	broken *atomic.Bool
}

var errDisk = errors.New("input/output error")

func (f *frail) StoreLogs(logs []*raft.Log) error {
	if f.broken.Load() {
		return errDisk
	}
	return f.Store.StoreLogs(logs)
}

func (f *frail) SetUint64(key []byte, v uint64) error {
	if f.broken.Load() {
		return errDisk
	}
	return f.Store.SetUint64(key, v)
}

// TestStorageErrorStopsTheReplica breaks the disk of the leader, and then that of a
// follower, whose next write is its term: Raft itself would panic over that.
func TestStorageErrorStopsTheReplica(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		faults := make(chan error, 5)
		broken := map[roster.NodeID]*atomic.Bool{}
		c := muster(t, logstore.Memory, 5, func(id roster.NodeID, c *Config) {
			broken[id] = &atomic.Bool{}
			c.OnFault = func(_ roster.ShardID, err error) { faults <- err }
			c.tuning.store = func(s logstore.Store) logstore.Store { return &frail{s, broken[id]} }
		})
		defer c.disband()
		old := c.leader()
		propose(t, old, 1)
		broken[old.config.Node].Store(true)
		ctx, cancel := deadline(5 * time.Second)
		defer cancel()
		if _, err := old.Propose(ctx, register(2)); roster.CodeOf(err) != roster.CodeUnknown {
			t.Errorf("write on a broken disk: %v, want Unknown", err)
		}
		if err := <-faults; !errors.Is(err, errDisk) {
			t.Errorf("fault %v", err)
		}
		next := c.leader(old.config.Node)
		propose(t, next, 3)
		for _, g := range c.others(next) {
			if g.Fault() == nil {
				broken[g.config.Node].Store(true) // its next write is an entry or a term
				break
			}
		}
		c.mesh.isolate(next.config.Node)
		<-time.After(2 * time.Second)
		c.mesh.heal(next.config.Node)
		<-time.After(2 * time.Second)
		propose(t, c.leader(old.config.Node), 4)
		if err := <-faults; !errors.Is(err, errDisk) {
			t.Errorf("second fault %v", err)
		}
		wantAgents(t, old, 1, 2)
	})
}

// TestCrashLosesNothing stops a single voter in the middle of writing, again and
// again: what it acknowledged is there afterwards.
func TestCrashLosesNothing(t *testing.T) {
	for _, kind := range durable {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			c := muster(t, kind, 1, nil)
			defer c.disband()
			for round := range 3 {
				g := c.leader()
				wantAgents(t, g, 0, 100*round)
				flood(t, g, 100*round, 100*(round+1))
				c.stop("n1")
				c.start("n1", nil)
			}
			wantAgents(t, c.leader(), 0, 300)
		})
	}
}

func TestUnreadableSnapshotKeepsTheGroupClosed(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(t *testing.T, dir string){
		"state": func(t *testing.T, dir string) { flip(t, filepath.Join(dir, "state.bin")) },
		"meta": func(t *testing.T, dir string) {
			must(t, os.WriteFile(filepath.Join(dir, "meta.json"), []byte("{"), 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := muster(t, logstore.Bolt, 1, nil)
			g := c.leader()
			var newest string
			for i := range 3 { // so that an older one is there to fall back to
				propose(t, g, i)
				must(t, g.raft.Snapshot().Error())
			}
			list, err := g.snaps.List()
			must(t, err)
			newest = filepath.Join(c.config("n1").Dir, "shards", "1", "snapshots", list[0].ID)
			c.stop("n1")
			c.watchers.Wait()
			damage(t, newest)
			h, err := OpenHost(c.config("n1"))
			must(t, err)
			_, err = h.Open(t.Context(), testShard, nil)
			if err == nil || !strings.Contains(err.Error(), "cannot be read") || !strings.Contains(err.Error(), "restore a copy") {
				t.Errorf("open: %v; want what is wrong and what to do", err)
			}
			must(t, h.Close(t.Context()))
		})
	}
}

func flip(t *testing.T, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	must(t, err)
	b[len(b)/2] ^= 1
	must(t, os.WriteFile(path, b, 0o600))
}

func memorySnapshots(t *testing.T) *logstore.Snapshots {
	t.Helper()
	s, err := logstore.OpenSnapshots("", nil)
	must(t, err)
	return s
}

// TestContradictingEntryIsDeleted: Raft would keep it and be sent snapshots for ever.
func TestContradictingEntryIsDeleted(t *testing.T) {
	store, err := logstore.Open(logstore.Memory, "")
	must(t, err)
	g := &Group{config: Config{}.withDefaults(), store: logstore.Watch(store, logstore.Options{}), snaps: memorySnapshots(t)}
	g.logger = g.config.Logger
	for i := uint64(1); i <= 9; i++ {
		must(t, g.store.StoreLog(&raft.Log{Index: i, Term: 1}))
	}
	sink, err := g.snaps.Create(1, 5, 2, raft.Configuration{}, 1, nil)
	must(t, err)
	must(t, sink.Close())
	must(t, logstore.Repair(g.store, g.snaps, g.logger))
	last, err := g.store.LastIndex()
	if err != nil || last != 4 {
		t.Errorf("the log ends at %d, %v; want 4", last, err)
	}
	must(t, logstore.Repair(g.store, g.snaps, g.logger))
}

func TestDirectoryInUse(t *testing.T) {
	for _, kind := range durable {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			c := muster(t, kind, 1, nil)
			defer c.disband()
			h, err := OpenHost(c.config("n1"))
			if err == nil {
				_, err = h.Open(t.Context(), testShard, nil)
				must(t, h.Close(t.Context()))
			}
			if !errors.Is(err, logstore.ErrInUse) {
				t.Errorf("second host: %v", err)
			}
		})
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestCrashWhileBeginning: a crash between the two writes with which a group begins
// leaves one that begins.
func TestCrashWhileBeginning(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		c := muster(t, logstore.Memory, 3, func(_ roster.NodeID, c *Config) {
			c.tuning.store = func(s logstore.Store) logstore.Store {
				if err := s.SetUint64([]byte("CurrentTerm"), 1); err != nil {
					t.Error(err)
				}
				return s
			}
		})
		defer c.disband()
		propose(t, c.leader(), 1)
	})
}
