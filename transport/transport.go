package transport

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"roster"
	"roster/transport/greeting"
)

// Transport is one node's end of everything between nodes.
type Transport struct {
	c       Config
	log     *refusalLog
	metrics *metrics
	tcp     net.Listener
	udp     net.PacketConn
	gossip  *laneListener

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	wg     sync.WaitGroup // every goroutine of the transport

	mu struct {
		sync.Mutex
		closed   bool
		cluster  string // its id; "" until it is known
		conns    map[*laneConn]struct{}
		accepted int        // of conns
		pending  []net.Conn // handshakes under way, oldest first
		owners   map[Lane]*laneListener
		peers    map[string]*peer
	}
}

// Open listens and begins to accept. ctx bounds only the opening. Errors: Invalid,
// Denied (the certificate is another node's), Unavailable (the port cannot be had).
func Open(ctx context.Context, c Config) (*Transport, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if c.Security != nil {
		if err := c.Security.Own(c.Node); err != nil {
			return nil, err // before every peer refuses this node for it
		}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	m, err := newMetrics(c.Metrics)
	if err != nil {
		return nil, err
	}
	tcp, udp, err := c.Network.Listen(ctx, c.Bind)
	if err != nil {
		if c.Metrics != nil {
			m.unregister(c.Metrics)
		}
		return nil, &roster.Error{Code: roster.CodeUnavailable, Field: "bind", Detail: "cannot listen on " + c.Bind, Cause: err}
	}
	t := &Transport{c: c, log: &refusalLog{logger: c.Logger}, metrics: m, tcp: tcp, udp: countedPackets{udp, m}}
	t.ctx, t.cancel = context.WithCancel(context.Background())
	t.gossip = newLaneListener(tcp.Addr(), nil)
	t.mu.cluster = c.ClusterID
	t.mu.conns = make(map[*laneConn]struct{})
	t.mu.owners = make(map[Lane]*laneListener)
	t.mu.peers = make(map[string]*peer)
	t.run(t.accept)
	return t, nil
}

// Addr returns the bound host:port.
func (t *Transport) Addr() string { return t.tcp.Addr().String() }

// Packets returns the UDP side, for gossip. Close closes it.
func (t *Transport) Packets() net.PacketConn { return t.udp }

// Listener returns the connections that peers open on a lane. That of LaneGossip is
// always the same. Those of LaneRaft and LaneSnapshot may be opened and closed at any
// time: while one is not open, peers get Unavailable, and a second closes the first.
// The other lanes are not handed out this way: theirs is closed.
func (t *Transport) Listener(lane Lane) net.Listener {
	if lane == LaneGossip {
		return t.gossip
	}
	l := newLaneListener(t.tcp.Addr(), func(l *laneListener) { t.disown(lane, l) })
	t.mu.Lock()
	old, closed := t.mu.owners[lane], t.mu.closed || lane != LaneRaft && lane != LaneSnapshot
	if !closed {
		t.mu.owners[lane] = l
	}
	t.mu.Unlock()
	if closed {
		_ = l.Close()
	} else if old != nil {
		_ = old.Close()
	}
	return l
}

func (t *Transport) disown(lane Lane, l *laneListener) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.mu.owners[lane] == l {
		delete(t.mu.owners, lane)
	}
}

// Dial opens a connection on a lane of the node at addr (host:port). It takes no
// longer than ctx or HandshakeTimeout. Errors: Denied (another key, a certificate that
// one side refuses, TLS on one side alone), Conflict (another cluster, by name or by id, or
// version), Overloaded, Unavailable (nobody there, or nobody listens on that lane).
func (t *Transport) Dial(ctx context.Context, addr string, lane Lane) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, HandshakeTimeout)
	defer cancel()
	c, err := t.dial(ctx, addr, lane, greeting.Version)
	if greeting.Older(err) { // a node that is not upgraded yet
		c, err = t.dial(ctx, addr, lane, greeting.VersionBefore)
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

// dial tries one version of the handshake.
func (t *Transport) dial(ctx context.Context, addr string, lane Lane, version uint8) (*laneConn, error) {
	raw, err := t.c.Network.Dial(ctx, addr)
	if err != nil {
		return nil, greeting.Lost(addr, err)
	}
	// A deadline in the past, rather than Close, interrupts the handshake: closing is
	// left to one place.
	stop := context.AfterFunc(ctx, func() { _ = raw.SetDeadline(time.Unix(1, 0)) })
	conn, peer, err := t.enter(raw, addr, lane, version)
	if !stop() && err == nil {
		err = greeting.Lost(addr, context.Cause(ctx))
	}
	if err != nil {
		_ = raw.Close()
		return nil, err
	}
	c, _ := t.adopt(conn, lane, peer, false)
	if c == nil {
		_ = raw.Close()
		return nil, greeting.Lost(addr, net.ErrClosed)
	}
	return c, nil
}

// enter is the dialer's side of everything that comes before the lane's own bytes.
func (t *Transport) enter(raw net.Conn, addr string, lane Lane, version uint8) (net.Conn, greeting.Peer, error) {
	conn, err := t.secure(raw, Security.Client)
	if err != nil {
		return nil, greeting.Peer{}, insecure(addr, err)
	}
	peer, err := t.party().Ask(conn, addr, uint8(lane), version)
	if err != nil {
		return nil, peer, err
	}
	if err := t.vouch(conn, peer.Node); err != nil {
		return nil, peer, insecure(addr, err)
	}
	return conn, peer, nil
}

// party is this node as it shows itself in handshakes from now on.
func (t *Transport) party() greeting.Party {
	p := greeting.Party{Node: t.c.Node, Cluster: t.c.Cluster, Key: t.c.Key}
	if t.c.Keys != nil {
		p.Key, p.Others = t.c.Keys()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	p.ClusterID = t.mu.cluster
	return p
}

// Belong says which cluster this node belongs to from now on, by the id of its founding.
// Connections with nodes of another one end.
func (t *Transport) Belong(clusterID string) {
	var foreign []net.Conn
	t.mu.Lock()
	t.mu.cluster = clusterID
	for c := range t.mu.conns {
		if c.clusterID != "" && c.clusterID != clusterID {
			foreign = append(foreign, c)
		}
	}
	t.mu.Unlock()
	for _, c := range foreign {
		_ = c.Close()
	}
}

// Close ends every connection, listener and handler, and returns when all have
// ended. Closing again does nothing.
func (t *Transport) Close() error {
	t.mu.Lock()
	if t.mu.closed {
		t.mu.Unlock()
		return nil
	}
	t.mu.closed = true
	var ends []net.Conn
	for c := range t.mu.conns {
		ends = append(ends, c)
	}
	ends = append(ends, t.mu.pending...)
	listeners := []*laneListener{t.gossip}
	for _, l := range t.mu.owners {
		listeners = append(listeners, l)
	}
	t.mu.Unlock()

	t.cancel()
	err := t.tcp.Close()
	if udpErr := t.udp.Close(); !errors.Is(udpErr, net.ErrClosed) { // its user may have closed it
		err = errors.Join(err, udpErr)
	}
	for _, l := range listeners {
		_ = l.Close()
	}
	for _, c := range ends {
		_ = c.Close()
	}
	t.wg.Wait()
	if t.c.Metrics != nil {
		t.metrics.unregister(t.c.Metrics)
	}
	return err
}

// run starts a goroutine that Close waits for; false, and nothing starts, once the
// transport is closed.
func (t *Transport) run(f func()) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.mu.closed {
		return false
	}
	t.wg.Go(f)
	return true
}
