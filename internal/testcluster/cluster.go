package testcluster

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"roster"
	"roster/cluster"
	"roster/internal/bubble"
	"roster/internal/simnet"
	"roster/node"
	"roster/shard"
	"roster/shard/logstore"
)

const (
	// patience is how long, in virtual time, a condition may take to come true.
	patience = time.Minute
	// drain is how long a bubble goes on after its nodes are closed: longer than the
	// longest wait of a library that is not told to stop.
	drain = 2 * time.Minute
	port  = 7500
)

// Stores are the stores of a durable cluster.
var Stores = []string{string(logstore.Bolt), string(logstore.Shared)}

// Options say what cluster to start. The zero value is three nodes, four shards, in
// memory.
type Options struct {
	Nodes  int    // 0: 3
	Expect int    // 0: Nodes
	Shards int    // 0: 4
	Seed   uint64 // of the network
	// Durable keeps the nodes in directories, so that they can restart.
	Durable bool
	// Store is the store of a durable cluster; "" is the node's default.
	Store string
	// Kept, with Durable, keeps the logs in memory that outlives the nodes, so that no
	// write waits for a real disk. Snapshots and identities stay in directories.
	Kept bool
	// ReplaceAfter is how long a node may be down; 0: the node's default.
	ReplaceAfter time.Duration
	// Readers is how many nodes hold a shard beside its voters.
	Readers roster.Readers
	// Snapshots lets every replica take a snapshot as soon as a few dozen entries are
	// there, and keep few behind it: one that was away for seconds needs a snapshot.
	Snapshots bool
	// Zone names the zone of each node; nil: they have none.
	Zone func(i int) string
	// Cold leaves the nodes to the scenario: Start them with Cluster.Start.
	Cold bool
	// Configure changes what each node is started with, within the bubble; nil leaves it.
	Configure func(t *testing.T, c *node.Config)
	// Log gets what the nodes log; nil discards it.
	Log slog.Handler
}

func (o Options) withDefaults() Options {
	if o.Nodes == 0 {
		o.Nodes = 3
	}
	if o.Expect == 0 {
		o.Expect = o.Nodes
	}
	if o.Shards == 0 {
		o.Shards = 4
	}
	if o.Log == nil {
		o.Log = slog.DiscardHandler
	}
	return o
}

// Cluster is a cluster under test. Nodes are numbered from 0.
type Cluster struct {
	*testing.T
	Net     *simnet.Net
	options Options
	witness *Witness
	members []*member
	traffic []*Traffic // all that was started; a scenario that fails leaves it running
	over    context.Context
	moved   int // how many hosts Readdress has given out
}

// member is one place for a node: host and directory stay, nodes come and go.
type member struct {
	host   *simnet.Host
	config node.Config
	node   atomic.Pointer[node.Node]
	disk   *disk
	jump   atomic.Int64 // how far the wall clock is off
}

func (m *member) wall() time.Time { return time.Now().Add(time.Duration(m.jump.Load())) }

// Run runs scenario with a ready cluster in a bubble of its own.
func Run(t *testing.T, o Options, scenario func(*Cluster)) {
	t.Helper()
	o = o.withDefaults()
	dirs := make([]string, o.Nodes)
	for i := range dirs {
		dirs[i] = t.TempDir()
	}
	bubble.Test(t, func(t *testing.T) {
		c := newCluster(t, o, dirs)
		over, end := context.WithCancel(context.Background())
		c.over = over
		defer func() {
			end()
			c.end()
		}()
		if !o.Cold {
			for i := range c.members {
				c.Start(i)
			}
			c.AwaitReady()
		}
		scenario(c)
	})
}

// end takes everything down and looks at what the nodes stored and claimed.
func (c *Cluster) end() {
	for _, t := range c.traffic {
		t.Stop()
	}
	for i := range c.members {
		c.MendDisk(i)
		c.Stop(i)
	}
	after(drain)
	faults, _, _ := c.witness.Faults()
	for _, fault := range faults {
		c.Error(fault)
	}
	if c.Failed() {
		c.Logf("seed %d", c.options.Seed)
	}
}

// Over returns a context that ends with the scenario, also with one that fails.
func (c *Cluster) Over() context.Context { return c.over }

func newCluster(t *testing.T, o Options, dirs []string) *Cluster {
	c := &Cluster{T: t, Net: simnet.New(o.Seed), options: o, witness: NewWitness()}
	var seeds []string
	for i := range o.Nodes {
		host := c.Net.Host(uint16(i + 1))
		seeds = append(seeds, address(host))
		config := node.Config{Cluster: "test", Key: make([]byte, node.KeyBytes), Name: "n" + strconv.Itoa(i),
			Bind: address(host), HTTP: net.JoinHostPort(host.IP(), "7400"), Expect: o.Expect, Shards: o.Shards, Readers: o.Readers,
			Profile: cluster.ProfileLocal, Network: host, Durability: roster.DurabilityNone, ReplaceAfter: o.ReplaceAfter,
			Logger: slog.New(&ear{Handler: o.Log, witness: c.witness})}
		if o.Snapshots {
			config.Compaction = shard.Compaction{Trailing: 16, Threshold: 32, Interval: time.Second, Changes: time.Second}
		}
		if o.Durable {
			config.Durability, config.DataDir, config.Store = roster.DurabilitySync, dirs[i], o.Store
		}
		if o.Zone != nil {
			config.Labels = roster.MapOf(map[string]string{roster.SpreadDefault: o.Zone(i)})
		}
		if o.Configure != nil {
			o.Configure(t, &config)
		}
		m := &member{host: host, config: config, disk: newDisk(c.witness, o.Kept)}
		m.config.Disk, m.config.Wall = m.disk.wrap, m.wall
		c.members = append(c.members, m)
	}
	for _, m := range c.members {
		m.config.Join = seeds
	}
	return c
}

func address(h *simnet.Host) string { return net.JoinHostPort(h.IP(), strconv.Itoa(port)) }

// Start starts node i, on its old directory if it has one.
func (c *Cluster) Start(i int) {
	c.Helper()
	m := c.members[i]
	n, err := node.Open(context.Background(), m.config)
	if err != nil {
		c.Fatalf("start node %d: %v", i, err)
	}
	m.node.Store(n)
}

// Stop closes node i in good order. Stopping twice is harmless.
func (c *Cluster) Stop(i int) {
	n := c.members[i].node.Swap(nil)
	if n == nil {
		return
	}
	if err := n.Close(context.Background()); err != nil {
		c.Logf("stop node %d: %v", i, err)
	}
}

// Kill ends node i as the death of its process would: nobody hears a word of it.
func (c *Cluster) Kill(i int) {
	c.Net.Kill(c.members[i].host)
	c.Net.Isolate(c.members[i].host)
	c.Stop(i)
}

// Restart brings a killed node back on its directory.
func (c *Cluster) Restart(i int) {
	c.Net.Heal()
	c.Start(i)
}

// JumpClock puts the wall clock of node i forward, or back, by d. Its monotonic clock
// goes on as before, as that of a machine does whose clock is set.
func (c *Cluster) JumpClock(i int, d time.Duration) { c.members[i].jump.Add(int64(d)) }

// Size returns how many nodes there are, running or not.
func (c *Cluster) Size() int { return len(c.members) }

// Witness returns what holds the nodes of this cluster against one another.
func (c *Cluster) Witness() *Witness { return c.witness }

// Node returns node i; nil while it is stopped.
func (c *Cluster) Node(i int) *node.Node { return c.members[i].node.Load() }

// Host returns the place of node i in the network.
func (c *Cluster) Host(i int) *simnet.Host { return c.members[i].host }

// Running lists the nodes that are up.
func (c *Cluster) Running() []int {
	var up []int
	for i, m := range c.members {
		if m.node.Load() != nil {
			up = append(up, i)
		}
	}
	return up
}

// Number returns the number of the running node with an id, -1 if there is none.
func (c *Cluster) Number(id roster.NodeID) int {
	return slices.IndexFunc(c.members, func(m *member) bool {
		n := m.node.Load()
		return n != nil && n.ID() == id
	})
}

// MostLeading returns the running node that leads the most shards, as node by sees it.
func (c *Cluster) MostLeading(by int) int {
	shards, err := c.Node(by).Shards(context.Background())
	if err != nil {
		c.Fatal(err)
	}
	led := make([]int, len(c.members))
	best := by
	for _, s := range shards {
		if i := c.Number(s.Leader); i >= 0 {
			led[i]++
			if led[i] > led[best] {
				best = i
			}
		}
	}
	return best
}

// Await lets virtual time pass until the condition holds, and fails after patience.
func (c *Cluster) Await(what string, condition func() error) {
	c.Helper()
	deadline := time.Now().Add(patience)
	for err := condition(); err != nil; err = condition() {
		if time.Now().After(deadline) {
			c.Fatalf("%s: not within %v: %v", what, patience, err)
		}
		after(20 * time.Millisecond)
	}
}

// AwaitReady waits until the running nodes serve.
func (c *Cluster) AwaitReady() {
	c.Helper()
	for _, i := range c.Running() {
		c.Await(fmt.Sprintf("node %d ready", i), func() error { return ready(c.Node(i)) })
	}
}

func ready(n *node.Node) error {
	select {
	case <-n.Done():
		return fmt.Errorf("stopped: %w", n.Err())
	default:
	}
	checks, err := n.Ready(context.Background())
	for _, check := range checks {
		if !check.OK {
			return fmt.Errorf("%s: %s", check.Name, check.Detail)
		}
	}
	return err
}

// after lets virtual time pass.
func after(d time.Duration) { <-time.After(d) }
