package simnet

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// Link is one direction between two hosts.
type Link struct {
	DelayMin, DelayMax time.Duration // each delivery takes a time between them
	Drop               float64       // share of packets lost, 0 to 1; connections lose nothing
	Duplicate          float64       // share of packets that arrive twice, 0 to 1
}

// Net is a network. Its zero value is not usable; see New.
type Net struct {
	mu struct {
		sync.Mutex
		random   *rand.Rand
		link     Link // of pairs that have none of their own
		links    map[pair]Link
		blocked  map[pair]bool
		isolated map[*Host]bool
		hosts    map[netip.Addr]*Host
		names    map[string][]*Host
		conns    map[*conn]struct{}
		changed  chan struct{} // closed and replaced when a link is blocked or healed
	}
}

type pair struct{ from, to *Host }

// Healthy is a link that takes 0.2 to 1 ms and loses nothing.
func Healthy() Link { return Link{DelayMin: 200 * time.Microsecond, DelayMax: time.Millisecond} }

// New returns a network without hosts, whose links are Healthy.
func New(seed uint64) *Net {
	n := &Net{}
	n.mu.random = rand.New(rand.NewPCG(seed, 0))
	n.mu.link = Healthy()
	n.mu.links = make(map[pair]Link)
	n.mu.blocked = make(map[pair]bool)
	n.mu.isolated = make(map[*Host]bool)
	n.mu.hosts = make(map[netip.Addr]*Host)
	n.mu.names = make(map[string][]*Host)
	n.mu.conns = make(map[*conn]struct{})
	n.mu.changed = make(chan struct{})
	return n
}

// Host returns the host with a number from 1 to 65 535, always the same one. Its
// address is 10.0.x.y.
func (n *Net) Host(number uint16) *Host {
	ip := netip.AddrFrom4([4]byte{10, 0, byte(number >> 8), byte(number)})
	n.mu.Lock()
	defer n.mu.Unlock()
	h := n.mu.hosts[ip]
	if h == nil {
		h = &Host{net: n, ip: ip, nextPort: firstPort}
		h.listeners = make(map[uint16]*listener)
		h.sockets = make(map[uint16]*packetConn)
		n.mu.hosts[ip] = h
	}
	return h
}

// Name makes a host name stand for hosts, for Lookup and Dial; without hosts the
// name is unknown again.
func (n *Net) Name(name string, hosts ...*Host) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.mu.names[name] = hosts
}

// Lookup returns the addresses behind a host name.
func (n *Net) Lookup(_ context.Context, name string) ([]string, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	hosts := n.mu.names[name]
	if len(hosts) == 0 {
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	ips := make([]string, len(hosts))
	for i, h := range hosts {
		ips[i] = h.IP()
	}
	return ips, nil
}

// SetLinks gives every link without one of its own the same Link.
func (n *Net) SetLinks(l Link) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.mu.link = l
}

// SetLink sets the direction from one host to another.
func (n *Net) SetLink(from, to *Host, l Link) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.mu.links[pair{from, to}] = l
}

// Block cuts both directions between two hosts.
func (n *Net) Block(a, b *Host) {
	n.change(func() { n.mu.blocked[pair{a, b}], n.mu.blocked[pair{b, a}] = true, true })
}

// BlockOneWay cuts the direction from one host to another.
func (n *Net) BlockOneWay(from, to *Host) {
	n.change(func() { n.mu.blocked[pair{from, to}] = true })
}

// Split cuts every link between the two sides.
func (n *Net) Split(left, right []*Host) {
	n.change(func() {
		for _, a := range left {
			for _, b := range right {
				n.mu.blocked[pair{a, b}], n.mu.blocked[pair{b, a}] = true, true
			}
		}
	})
}

// Isolate cuts every link of a host but the one to itself.
func (n *Net) Isolate(h *Host) { n.change(func() { n.mu.isolated[h] = true }) }

// Shape sets every direction anew, at once: shape says what it is like and whether it is
// cut. What was set or cut before is forgotten.
func (n *Net) Shape(shape func(from, to *Host) (l Link, cut bool)) {
	n.mu.Lock()
	hosts := slices.Collect(maps.Values(n.mu.hosts)) // order-free: each direction is set once
	n.mu.Unlock()
	links, blocked := make(map[pair]Link), make(map[pair]bool)
	for _, from := range hosts {
		for _, to := range hosts {
			links[pair{from, to}], blocked[pair{from, to}] = shape(from, to)
		}
	}
	n.change(func() {
		n.mu.links, n.mu.blocked = links, blocked
		clear(n.mu.isolated)
	})
}

// Heal ends every cut.
func (n *Net) Heal() {
	n.change(func() {
		clear(n.mu.blocked)
		clear(n.mu.isolated)
	})
}

// Kill ends whatever the host has open, as the death of its process would: peers see
// their connections reset, and dialling it is refused until it listens again.
func (n *Net) Kill(h *Host) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for c := range n.mu.conns {
		if c.local == h {
			c.end(true)
		}
	}
	for _, l := range h.listeners {
		l.end()
	}
	for _, p := range h.sockets {
		p.end()
	}
}

// change alters the cuts and wakes whoever waits for a link.
func (n *Net) change(f func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	f()
	close(n.mu.changed)
	n.mu.changed = make(chan struct{})
	for c := range n.mu.conns {
		c.wake()
	}
}

// isBlocked reports whether a direction is cut; n.mu is held.
func (n *Net) isBlocked(from, to *Host) bool {
	return from != to && (n.mu.blocked[pair{from, to}] || n.mu.isolated[from] || n.mu.isolated[to])
}

// delay draws how long one delivery takes; n.mu is held.
func (n *Net) delay(from, to *Host) time.Duration {
	l := n.linkOf(from, to)
	if l.DelayMax <= l.DelayMin {
		return l.DelayMin
	}
	return l.DelayMin + time.Duration(n.mu.random.Int64N(int64(l.DelayMax-l.DelayMin)+1))
}

// copies draws how often a packet arrives; n.mu is held.
func (n *Net) copies(from, to *Host) int {
	l := n.linkOf(from, to)
	switch {
	case l.Drop > 0 && n.mu.random.Float64() < l.Drop:
		return 0
	case l.Duplicate > 0 && n.mu.random.Float64() < l.Duplicate:
		return 2
	}
	return 1
}

func (n *Net) linkOf(from, to *Host) Link {
	if l, own := n.mu.links[pair{from, to}]; own {
		return l
	}
	return n.mu.link
}

// find returns the host and port that addr names; n.mu is held.
func (n *Net) find(addr string) (*Host, uint16, error) {
	if ap, err := netip.ParseAddrPort(addr); err == nil {
		return n.mu.hosts[ap.Addr().Unmap()], ap.Port(), nil
	}
	name, portText, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, 0, err
	}
	hosts := n.mu.names[name]
	ap, err := netip.ParseAddrPort("0.0.0.0:" + portText)
	if err != nil || len(hosts) == 0 {
		return nil, 0, fmt.Errorf("simnet: no address for %q", addr)
	}
	return hosts[0], ap.Port(), nil
}
