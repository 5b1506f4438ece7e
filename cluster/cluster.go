package cluster

import (
	"context"
	"errors"
	"log"
	"log/slog"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/memberlist"

	"roster"
)

// openTimeout bounds the look-up of the advertised host name.
const openTimeout = 5 * time.Second

var errClosed = roster.Errorf(roster.CodeUnavailable, "the cluster membership is closed")

// Cluster is this node's part in the gossip.
type Cluster struct {
	config   Config
	address  string // advertised host:port
	roll     *roll
	wire     *wire
	keys     *memberlist.Keyring
	list     *memberlist.Memberlist
	metrics  *metrics
	leaving  atomic.Bool
	belongs  atomic.Pointer[string] // the cluster's id
	twins    chan twin
	conflict chan *TwinError

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	wg     sync.WaitGroup
	mu     struct {
		sync.Mutex
		closed  bool
		refusal error // why the last round of joining met nobody
	}
}

// Open makes this node known to nobody yet but itself, and begins to look for the
// seeds. Errors: Invalid (the configuration), Unavailable (the advertised host name
// cannot be looked up).
func Open(c Config) (*Cluster, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Lookup == nil {
		c.Lookup = net.DefaultResolver.LookupHost
	}
	ctx, cancel := context.WithTimeout(context.Background(), openTimeout)
	defer cancel()
	advertise, err := advertised(ctx, &c)
	if err != nil {
		return nil, err
	}
	cl := &Cluster{config: c, address: advertise.String(), roll: newRoll(c.ID), twins: make(chan twin, twinsMax), conflict: make(chan *TwinError, 1)}
	if cl.keys, err = memberlist.NewKeyring(nil, c.Key); err != nil {
		return nil, err
	}
	cl.belongs.Store(&c.Meta.ClusterID)
	if cl.metrics, err = newMetrics(c.Metrics, cl.roll); err != nil {
		return nil, err
	}
	cl.ctx, cl.cancel = context.WithCancel(context.Background())
	cl.wire = newWire(&cl.config, advertise, cl.metrics.dropped.Inc)
	if cl.list, err = memberlist.Create(cl.memberlistConfig()); err != nil {
		err = errors.Join(err, cl.wire.end())
		cl.metrics.unregister(c.Metrics)
		return nil, err
	}
	cl.run(func() { cl.lookForTwins(cl.ctx) })
	cl.run(func() { cl.rejoin(cl.ctx) })
	return cl, nil
}

func (c *Cluster) memberlistConfig() *memberlist.Config {
	m := c.config.memberlistConfig()
	d := delegate{c}
	m.Transport, m.Delegate, m.Events, m.Alive, m.Merge, m.Conflict, m.Ping = c.wire, d, d, d, d, d, d
	m.Keyring = c.keys
	m.Logger = log.New(&logBridge{logger: c.config.Logger, suspect: c.roll.suspect}, "", 0)
	return m
}

// Advertised returns the host:port under which others reach this node.
func (c *Cluster) Advertised() string { return c.address }

// Members returns every member that is known, this node included, sorted by id.
// Members that are down or left stay for GoneKeep, at most GoneMax of them.
func (c *Cluster) Members() []Member { return c.roll.list() }

// Address returns the host:port of a node's port; false for a node that gossip does
// not know or that has left.
func (c *Cluster) Address(id roster.NodeID) (string, bool) {
	m, ok := c.roll.get(id)
	if !ok || m.State == roster.NodeLeft {
		return "", false
	}
	return m.Address, true
}

// Subscribe returns a channel that gets a value after Members changed, one for any
// number of changes, and a function that ends the subscription.
func (c *Cluster) Subscribe() (<-chan struct{}, func()) { return c.roll.subscribe() }

// Conflict yields an error when another live node carries this node's id or name. It
// is confirmed by a connection to that node, so it is no echo of this node's past.
// Which of the two gives way is for their nodes to decide: the one that came later.
func (c *Cluster) Conflict() <-chan *TwinError { return c.conflict }

// Refusal returns why the last nodes that this node tried to meet would not have it:
// Denied (another key), Conflict (another cluster), or nil when none refused.
func (c *Cluster) Refusal() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mu.refusal
}

func (c *Cluster) clusterID() string { return *c.belongs.Load() }

// Belong says which cluster this node belongs to from now on, by the id of its founding, and
// tells the others. Members of another one are members no more.
func (c *Cluster) Belong(clusterID string) {
	c.belongs.Store(&clusterID)
	for _, m := range c.roll.list() {
		if m.Meta.ClusterID != "" && m.Meta.ClusterID != clusterID {
			c.config.Logger.Warn("two clusters have one name and one key: their nodes do not mix", "node", m.ID, "address", m.Address, "cluster_id", m.Meta.ClusterID, "own", clusterID)
			c.roll.strike(m.ID)
		}
	}
	c.run(func() {
		if err := c.list.UpdateNode(leaveTimeout); err != nil && c.ctx.Err() == nil {
			c.config.Logger.Debug("the others may learn later which cluster this node belongs to", "err", err)
		}
	})
}

// ClusterIDs lists the clusters that live members say they belong to, sorted. More than one
// shows only to a node that belongs to none.
func (c *Cluster) ClusterIDs() []string {
	var ids []string
	for _, m := range c.roll.list() {
		if m.live() && m.ID != c.config.ID && m.Meta.ClusterID != "" {
			ids = append(ids, m.Meta.ClusterID)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// Leave tells the others that this node goes, so that they list it as left and not
// as down, and returns when the word is out or ctx has ended. Close must follow.
func (c *Cluster) Leave(ctx context.Context) error {
	c.leaving.Store(true)
	done := make(chan error, 1)
	started := c.run(func() { done <- c.leave() })
	if !started {
		return errClosed
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return &roster.Error{Code: roster.CodeUnavailable, Detail: "the departure may not be known yet", Cause: ctx.Err()}
	}
}

// leave announces the departure in Meta, then leaves, then lingers for the last
// rounds of gossip.
func (c *Cluster) leave() error {
	if err := c.list.UpdateNode(leaveTimeout); err != nil {
		c.config.Logger.Warn("the departure may be taken for a failure", "err", err)
	}
	if err := c.list.Leave(leaveTimeout); err != nil {
		return &roster.Error{Code: roster.CodeUnavailable, Detail: "the departure may not be known yet", Cause: err}
	}
	const lingerRounds = 3
	linger := time.NewTimer(lingerRounds * c.config.memberlistConfig().GossipInterval)
	defer linger.Stop()
	select {
	case <-linger.C:
	case <-c.ctx.Done():
	}
	return nil
}

// Close stops without a word: the others will find this node silent. It returns when
// everything that uses the sockets has stopped. Closing again does nothing.
func (c *Cluster) Close() error {
	c.mu.Lock()
	if c.mu.closed {
		c.mu.Unlock()
		return nil
	}
	c.mu.closed = true
	c.mu.Unlock()
	c.cancel()
	err := c.wire.end() // first, so that no join waits for a peer
	c.wg.Wait()
	err = errors.Join(err, c.list.Shutdown()) // last: it may not overtake a Leave
	c.metrics.unregister(c.config.Metrics)
	return err
}

// run starts a goroutine that Close waits for; false, and nothing starts, once the
// cluster is closed.
func (c *Cluster) run(f func()) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.closed {
		return false
	}
	c.wg.Go(f)
	return true
}
