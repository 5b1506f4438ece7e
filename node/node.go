package node

import (
	"context"
	"log/slog"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"roster"
	"roster/cluster"
	"roster/dht/moves"
	"roster/fleet"
	"roster/fsm/codec"
	"roster/keyring"
	"roster/node/afar"
	"roster/node/archive"
	"roster/node/closing"
	"roster/node/digests"
	"roster/node/fleets"
	"roster/node/founding"
	"roster/node/holding"
	"roster/node/keys"
	"roster/node/lease"
	"roster/node/lookup"
	"roster/node/router"
	"roster/node/sessions"
	"roster/node/steering"
	"roster/node/tokens"
	"roster/node/twins"
	"roster/shard"
	"roster/transport"
)

// Node is one member of a cluster.
type Node struct {
	config   Config
	log      *slog.Logger
	founder  *founding.Founder
	net      *transport.Transport
	gossip   *cluster.Cluster
	host     *shard.Host
	router   *router.Router
	sessions *sessions.Sessions
	steering *steering.Steering
	holding  *holding.Holding
	afar     *afar.Afar
	lookups  lookup.Lookups
	twins    *twins.Twins
	digests  *digests.Digests
	lease    *lease.Lease
	looked   atomic.Int64 // when the map in use was the newest, in the lease's Age; 0: never
	*tokens.Issuer
	*keys.Keeper
	*fleets.Runner
	ring *keyring.Ring
	*archive.Archiver

	stack  closing.Stack
	opened chan struct{}   // closed when other nodes may call
	ctx    context.Context // ends when the node stops
	cancel context.CancelFunc
	loops  errgroup.Group
	done   chan struct{}

	mu struct {
		sync.Mutex
		stopped bool
		err     error
		faults  map[roster.ShardID]error
	}
}

var (
	_ roster.Service = (*Node)(nil)
	_ fleet.Service  = (*Node)(nil)
)

// Open starts a node and returns as soon as it gossips. Errors are *roster.Error:
// Invalid for a configuration or data directory that cannot be used, Conflict where
// another cluster or node stands in the way.
func Open(ctx context.Context, c Config) (*Node, error) {
	c = c.withDefaults()
	if err := c.Validate(); err != nil {
		return nil, &roster.Error{Code: roster.CodeInvalid, Detail: "configuration", Cause: err}
	}
	n := &Node{config: c, opened: make(chan struct{}), done: make(chan struct{})}
	n.mu.faults = make(map[roster.ShardID]error)
	n.ctx, n.cancel = context.WithCancel(context.WithoutCancel(ctx))
	if err := n.open(ctx); err != nil {
		n.cancel()
		n.stack.Unwind(ctx, n.config.Logger) //nolint:errcheck // the first error is the one to tell
		return nil, err
	}
	return n, nil
}

// open brings up one room after the other, each with its way back on the stack.
func (n *Node) open(ctx context.Context) error {
	id, err := n.openDir()
	if err != nil {
		return err
	}
	n.log = n.config.Logger.With("node", id.NodeID)
	if err := n.openKeys(id); err != nil {
		return err
	}
	if err := n.openTransport(ctx, id); err != nil {
		return err
	}
	n.founder = founding.New(id, n.foundingConfig())
	if err := n.openShards(id); err != nil {
		return err
	}
	n.lease = lease.New(n.router, n.self, n.log)
	if err := n.openGossip(ctx, id); err != nil {
		return err
	}
	n.twins = twins.New(twins.Config{ID: n.ID, Age: n.lease.Age, Advertised: n.gossip.Advertised, Conflicts: n.gossip.Conflict(), Call: n.net.Call, Logger: n.log})
	if err := n.measure(); err != nil {
		return err
	}
	close(n.opened)
	belongs := id.ClusterID != ""
	if belongs {
		if err := n.openGroups(ctx); err != nil {
			return err
		}
	}
	n.stack.Push("loops", func(context.Context) error {
		n.cancel()
		return n.loops.Wait()
	})
	n.loop("gossip conflict", n.twins.Run)
	n.loop("disk", n.watchDisk)
	n.loop("cluster", func(ctx context.Context) error { return n.begin(ctx, belongs) })
	return nil
}

// openDir locks the data directory, so that a second process cannot answer under
// this node's id, and reads who this node is.
func (n *Node) openDir() (*founding.Identity, error) {
	if n.config.Durability == roster.DurabilityNone {
		return founding.LoadIdentity(n.foundingConfig())
	}
	unlock, err := founding.LockDir(n.config.DataDir)
	if err != nil {
		return nil, err
	}
	n.stack.Push("data directory", func(context.Context) error { return unlock() })
	return founding.LoadIdentity(n.foundingConfig())
}

func (n *Node) openTransport(ctx context.Context, id *founding.Identity) (err error) {
	n.net, err = transport.Open(ctx, transport.Config{Network: n.config.Network, Bind: n.config.Bind, Cluster: id.Cluster, ClusterID: id.ClusterID,
		Key: n.config.Key, Keys: n.ring.Keys, Node: id.NodeID, Logger: n.log, Metrics: n.config.Metrics, Handler: n.serve, Security: n.config.Security})
	if err != nil {
		return err
	}
	n.stack.Push("transport", func(context.Context) error { return n.net.Close() })
	if n.config.Advertise == "" {
		n.config.Advertise = n.net.Addr()
	}
	return nil
}

func (n *Node) openShards(id *founding.Identity) (err error) {
	n.host, err = shard.OpenHost(n.shardConfig(id))
	if err != nil {
		return n.logFault(err)
	}
	n.stack.Push("shards", n.host.Close)
	n.router = router.New(router.Config{Self: id.NodeID, Groups: n.host.Group, Call: n.call, Alive: n.aliveIDs, Look: n.newestMap,
		Concerns: sessions.Concerns(),
		Applied:  func(id roster.ShardID, op roster.Op, result roster.Result) { n.sessions.Applied(id, op, result) }})
	n.stack.Push("router", func(context.Context) error {
		n.router.Close()
		n.afar.Close()
		return nil
	})
	n.afar = afar.New(afar.Config{Router: n.router, Ready: n.ready, Call: n.call, Dir: n.config.DataDir})
	n.lookups = lookup.Lookups{Router: n.router, Ready: n.ready, Afar: n.afar}
	n.holding = holding.New(holding.Config{Host: n.host, Founder: n.founder, Router: n.router, Logger: n.log, Work: n.leadWhenChosen, Fault: n.shardFault})
	n.Issuer = tokens.New(n.router, n.config.RootToken)
	n.digests = digests.New(digests.Config{Self: id.NodeID, Dir: n.config.DataDir, Groups: n.host.Groups, Call: n.call, Logger: n.log})
	n.sessions = sessions.New(sessions.Config{Router: n.router, Self: id.NodeID, Call: n.call, Logger: n.log})
	n.steering = steering.New(steering.Config{Self: id.NodeID, Statuses: n.Shards, Alive: n.aliveIDs, Levels: n.levels, Level: codec.Level, After: n.config.ReplaceAfter, Logger: n.log,
		System: func() (*shard.Group, error) { return n.router.Group(roster.SystemShard) },
		Fresh: func(ctx context.Context) error {
			_, err := n.ready(ctx, roster.SystemShard, roster.Read{Level: roster.ReadLinearizable})
			return err
		},
		Propose: func(ctx context.Context, c roster.Command) error {
			_, err := n.router.ProposeOwn(ctx, roster.SystemShard, c)
			return err
		}})
	n.Runner = fleets.New(fleets.Config{Router: n.router, Afar: n.afar, Ready: n.ready, Away: n.away, Watch: n.Watch, Look: n.Lookup, Find: n.Find, Held: func() bool { return n.lease.Held() },
		Call: n.call, Agents: n.config.Agents, Logger: n.log})
	n.stack.Push("agents", n.Runner.Close)
	n.Archiver = archive.New(archive.Config{Router: n.router, Afar: n.afar, Hold: n.steering.Hold, Version: n.config.Version,
		Shards: func() int { return n.founder.Look().Shards + 1 }})
	return nil
}

func (n *Node) openGossip(ctx context.Context, id *founding.Identity) (err error) {
	use, _ := n.ring.Keys()
	n.gossip, err = cluster.Open(cluster.Config{ID: id.NodeID, Cluster: id.Cluster, Key: use,
		Meta:      cluster.Meta{Name: n.config.Name, Bind: n.config.Advertise, HTTP: n.config.HTTP, Version: n.config.Version, ClusterID: id.ClusterID, Level: codec.Level},
		Advertise: n.config.Advertise, Packets: n.net.Packets(), Streams: n.net.Listener(transport.LaneGossip),
		Dial: func(ctx context.Context, addr string) (conn, error) {
			return n.net.Dial(ctx, addr, transport.LaneGossip)
		},
		Peer: transport.Peer, Peers: n.peers, Seeds: n.config.Join, Profile: n.config.Profile, Logger: n.log, Metrics: n.config.Metrics})
	if err != nil {
		return err
	}
	n.stack.Push("gossip", func(context.Context) error { return n.gossip.Close() })
	return n.ring.Hear(n.gossip.SetKeys)
}

// begin meets or founds the cluster, if this node has none yet, and then works in it.
func (n *Node) begin(ctx context.Context, belongs bool) error {
	if !belongs {
		if err := n.founder.Meet(ctx); err != nil || ctx.Err() != nil {
			return err
		}
		belongs := n.founder.Look().ClusterID
		n.net.Belong(belongs)
		n.gossip.Belong(belongs)
		if err := n.openGroups(ctx); err != nil {
			return err
		}
	}
	system, err := n.router.Group(roster.SystemShard)
	if system == nil {
		return err
	}
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error { return n.followMap(ctx, system) })
	work.Go(func() error { return n.holding.Run(ctx) })
	work.Go(func() error {
		err := n.lease.Run(ctx)
		if err != nil {
			n.noteLeft()
		}
		return err
	})
	work.Go(func() error { return n.digests.Run(ctx) })
	work.Go(func() error { return n.Runner.Run(ctx) })
	work.Go(func() error { return n.founder.Announce(ctx) })
	return work.Wait()
}

// openGroups opens this node's replica of the shards that it holds. A founder's very first
// start begins the groups in which it votes; a directory that has been complete once and
// is not any more is refused.
func (n *Node) openGroups(ctx context.Context) error {
	if err := holding.Restore(n.founder, n.host); err != nil {
		return err
	}
	id := n.founder.Look()
	var first roster.ClusterMap
	if id.Founding != nil {
		first = foundingMap(id.Founding, id.Cluster)
		n.router.SetMap(first)
	}
	absent := id.Absent
	for shardID := range roster.ShardID(id.Shards + 1) { // before any of them goes on
		if !id.Opened && (first.Version == 0 || !moves.Wanted(first, shardID, id.NodeID)) { // who joins has no map yet
			absent = absent.With(shardID)
		}
		if absent.Has(shardID) {
			continue
		}
		if err := n.checkShardDir(&id, shardID); err != nil {
			return err
		}
	}
	var opening errgroup.Group // a shard's state is built while it is opened: that takes a core
	opening.SetLimit(runtime.GOMAXPROCS(0))
	for shardID := range roster.ShardID(id.Shards + 1) {
		var voters []shard.Server
		if id.Founding != nil && !id.Opened {
			voters = bootstrapServers(first.Shards[shardID].Voters, id.NodeID)
		}
		if !absent.Has(shardID) {
			opening.Go(func() error {
				_, err := n.host.Open(ctx, shardID, voters)
				return n.shardFault(shardID, err)
			})
		}
	}
	if err := opening.Wait(); err != nil || id.Opened {
		return err
	}
	return n.founder.Change(func(id *founding.Identity) error {
		id.Opened, id.Absent = true, absent
		return nil
	})
}

func (n *Node) checkShardDir(id *founding.Identity, shardID roster.ShardID) error {
	if !id.Opened || n.config.Durability == roster.DurabilityNone {
		return nil
	}
	if err := n.host.Stores().Present(shardID); err != nil {
		return founding.DirFault(n.shardDir(shardID), "is missing although it was there: restore it from a copy; or empty the data directory, start as a new node and take this one out of the cluster", err)
	}
	return nil
}

func (n *Node) shardDir(id roster.ShardID) string {
	return filepath.Join(n.config.DataDir, "shards", id.String())
}

// leadWhenChosen does a leader's duties for g each time this node leads it.
func (n *Node) leadWhenChosen(ctx context.Context, g *shard.Group) error {
	leading := g.Leading()
	for {
		select {
		case term := <-leading:
			if err := n.lead(ctx, term, g); err != nil {
				n.log.Warn("leader's duties", "shard", g.ID(), "err", err)
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// lead runs the leader-only loops until the leadership or the node ends.
func (n *Node) lead(ctx, term context.Context, g *shard.Group) error {
	term, cancel := context.WithCancel(term)
	defer cancel()
	defer context.AfterFunc(ctx, cancel)()
	duties, term := errgroup.WithContext(term)
	duties.Go(func() error { return n.steering.Lead(term, g) })
	if g.ID() != roster.SystemShard {
		duties.Go(func() error { return n.sessions.Lead(term, g) })
		duties.Go(func() error { return n.Runner.Lead(term, g) })
	}
	return duties.Wait()
}

// loop runs f until the node stops; an error of f stops the node.
func (n *Node) loop(name string, f func(context.Context) error) {
	n.loops.Go(func() error {
		if err := f(n.ctx); err != nil && n.ctx.Err() == nil {
			n.stop(&roster.Error{Code: roster.CodeOf(err), Detail: name, Cause: err})
		}
		return nil
	})
}

// stop closes Done, once, with the reason.
func (n *Node) stop(reason error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.mu.stopped {
		return
	}
	n.mu.stopped, n.mu.err = true, reason
	close(n.done)
}

// Done is closed when the node stops by itself: it has left, or a fault ended it.
// The caller then closes it.
func (n *Node) Done() <-chan struct{} { return n.done }

// Err returns why the node stopped by itself; nil after leaving.
func (n *Node) Err() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.mu.err
}

// ID returns the node's id.
func (n *Node) ID() roster.NodeID { return n.router.Self() }

// Addr returns the bound host:port for everything between nodes.
func (n *Node) Addr() string { return n.net.Addr() }

// Close stops the node within ctx and CloseWithin, newest room first. It does not
// leave the cluster: other nodes see a member that went away and may come back.
func (n *Node) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, n.config.CloseWithin)
	defer cancel()
	n.stop(nil)
	return n.stack.Unwind(ctx, n.log)
}
