package shard

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"roster"
	"roster/shard/logstore"
	"roster/shard/replica"
)

const testShard roster.ShardID = 1

// crew is a group of one shard on several nodes of one process.
type crew struct {
	t     testing.TB
	mesh  *mesh
	kind  logstore.Kind
	dir   string
	tune  func(roster.NodeID, *Config)
	nodes []roster.NodeID
	bell  replica.Bell // rings when anybody begins to lead
	mu    struct {
		sync.Mutex
		hosts  map[roster.NodeID]*Host
		groups map[roster.NodeID]*Group
	}
	watchers sync.WaitGroup
}

// muster starts n nodes that vote in the shard. They stop with the test, before a
// bubble ends.
func muster(t testing.TB, kind logstore.Kind, n int, tune func(roster.NodeID, *Config)) *crew {
	c := &crew{t: t, mesh: newMesh(), kind: kind, tune: tune}
	if kind != logstore.Memory {
		c.dir = t.TempDir()
	}
	c.mu.hosts, c.mu.groups = map[roster.NodeID]*Host{}, map[roster.NodeID]*Group{}
	for i := range n {
		c.nodes = append(c.nodes, roster.NodeID(fmt.Sprintf("n%d", i+1)))
	}
	for _, id := range c.nodes {
		c.start(id, c.nodes)
	}
	return c
}

func (c *crew) config(id roster.NodeID) Config {
	config := Config{Node: id, Store: c.kind, Network: c.mesh.node(id), Profile: func(roster.ShardID) Timing { return c.timing() }}
	if c.dir != "" {
		config.Dir = filepath.Join(c.dir, string(id))
	}
	config.AddressOf = func(id roster.NodeID) (string, bool) { return string(id), true }
	if testing.Verbose() {
		config.Logger = slog.New(slog.NewTextHandler(c.t.Output(), nil))
	}
	if c.tune != nil {
		c.tune(id, &config)
	}
	return config
}

// timing is fast where time is virtual. With a disk it is real, and a machine that is busy
// with other tests must not cost a leader its quorum.
func (c *crew) timing() Timing {
	if c.kind == logstore.Memory {
		return Fast()
	}
	return Timing{Heartbeat: time.Second, Election: time.Second, Lease: time.Second, Commit: time.Second}
}

func (c *crew) start(id roster.NodeID, voters []roster.NodeID) *Group {
	c.t.Helper()
	h, err := OpenHost(c.config(id))
	if err != nil {
		c.t.Fatal(err)
	}
	var servers []Server
	for _, v := range voters {
		servers = append(servers, Server{ID: v})
	}
	g, err := h.Open(c.t.Context(), testShard, servers)
	if err != nil {
		c.t.Fatal(err)
	}
	c.mu.Lock()
	c.mu.hosts[id], c.mu.groups[id] = h, g
	c.mu.Unlock()
	leading := g.Leading()
	c.watchers.Go(func() {
		for {
			select {
			case <-leading:
				c.bell.Ring()
			case <-g.dead:
				return
			}
		}
	})
	return g
}

// stop ends one node as a crash does: nobody hears from it meanwhile.
func (c *crew) stop(id roster.NodeID) {
	c.t.Helper()
	c.mesh.isolate(id)
	c.mu.Lock()
	h := c.mu.hosts[id]
	delete(c.mu.hosts, id)
	delete(c.mu.groups, id)
	c.mu.Unlock()
	ctx, cancel := deadline(10 * time.Second)
	defer cancel()
	if err := h.Close(ctx); err != nil {
		c.t.Fatal(err)
	}
	c.mesh.heal(id)
}

func (c *crew) disband() {
	for _, id := range c.nodes {
		c.mu.Lock()
		_, up := c.mu.hosts[id]
		c.mu.Unlock()
		if up {
			c.stop(id)
		}
	}
	c.watchers.Wait()
}

func (c *crew) group(id roster.NodeID) *Group {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mu.groups[id]
}

// leader waits for a leader other than those named.
func (c *crew) leader(but ...roster.NodeID) *Group {
	c.t.Helper()
	ctx, cancel := deadline(30 * time.Second)
	defer cancel()
	var found *Group
	err := c.bell.Wait(ctx, func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		for id, g := range c.mu.groups {
			if g.reign.Load() != nil && (len(but) == 0 || id != but[0]) {
				found = g
				return true
			}
		}
		return false
	})
	if err != nil {
		c.t.Fatalf("nobody leads: %v", err)
	}
	return found
}

// others returns the groups that do not lead.
func (c *crew) others(leader *Group) []*Group {
	var out []*Group
	for _, id := range c.nodes {
		if g := c.group(id); g != nil && g != leader {
			out = append(out, g)
		}
	}
	return out
}

func deadline(d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), d)
}

func agentID(i int) roster.AgentID { return roster.AgentID(fmt.Sprintf("test/agent-%d", i)) }

func register(i int) roster.Op {
	return roster.Op{Command: roster.Register{Mode: roster.ModePut, Agent: roster.Agent{
		ID: agentID(i), Description: fmt.Sprintf("number %d", i),
	}.Canonical()}}
}

// propose registers agent i and fails the test unless that is done.
func propose(t testing.TB, g *Group, i int) roster.Result {
	t.Helper()
	ctx, cancel := deadline(10 * time.Second)
	defer cancel()
	r, err := g.Propose(ctx, register(i))
	if err != nil || r.Err != nil {
		t.Fatalf("propose %d: %v, refused: %v", i, err, r.Err)
	}
	return r
}

// flood registers agents from low to high at the same time and returns the last index.
func flood(t testing.TB, g *Group, low, high int) roster.Index {
	t.Helper()
	var wait sync.WaitGroup
	for i := low; i < high; i++ {
		wait.Go(func() {
			ctx, cancel := deadline(20 * time.Second)
			defer cancel()
			if r, err := g.Propose(ctx, register(i)); err != nil || r.Err != nil {
				t.Errorf("propose %d: %v, refused: %v", i, err, r.Err)
			}
		})
	}
	wait.Wait()
	return g.replica.Index()
}

func caughtUp(t testing.TB, g *Group, i roster.Index) {
	t.Helper()
	ctx, cancel := deadline(30 * time.Second)
	defer cancel()
	if err := g.WaitIndex(ctx, i); err != nil {
		t.Fatalf("node %s at %d: %v", g.config.Node, g.replica.Index(), err)
	}
}

func wantAgents(t testing.TB, g *Group, low, high int) {
	t.Helper()
	for i := low; i < high; i++ {
		if _, ok, seen := g.Lookup(agentID(i)); !ok {
			t.Fatalf("node %s at index %d has lost agent %d", g.config.Node, seen.Index, i)
		}
	}
}
