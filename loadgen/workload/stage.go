package workload

import (
	"context"
	"crypto/tls"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"roster"
	"roster/client"
	"roster/loadgen/check"
	"roster/loadgen/usage"
)

const (
	// operationFor bounds one operation: a node's own deadline, and time to hear of it.
	operationFor = roster.RequestDeadline + 500*time.Millisecond
	// reachFor is how long a node may take to answer at all before the load begins.
	reachFor = 2 * time.Second
	// besideMax is how many connections to each node carry what goes on beside the
	// load: audits, sessions, samples.
	besideMax = 16
)

// stage is a cluster made ready for a load.
type stage struct {
	plan
	session   roster.SessionID // keeps every agent of the run
	namespace string
	keys      keys
	bases     []string         // "http://host:port" of each node
	nodes     []*client.Client // one for each node, which it prefers; they carry the load
	beside    []*client.Client // the same, for what goes on beside it
	pool      []*http.Transport
	trust     *tls.Config
	scraper   *http.Client
	probe     *usage.Probe
	notes     []string

	revisions    *check.Revisions
	acknowledged *check.Acknowledged
	registers    *check.Registers
	order        *check.Order
	tokens       check.Tokens
	lives        check.Lives
	pauses       *pauses
	audits       atomic.Uint64 // operations beside the load
}

// newStage finds the nodes and connects to them.
func newStage(ctx context.Context, p plan) (*stage, error) {
	s := &stage{plan: p, namespace: fmt.Sprintf("load-%d", p.Seed), keys: newKeys(p.population, p.skew),
		session: roster.SessionID(fmt.Sprintf("load-%d~%08x", p.Seed, rand.Uint32()))}
	var err error
	if s.trust, err = p.TLS.Config(); err != nil {
		return nil, err
	}
	if err := s.discover(ctx); err != nil {
		return nil, err
	}
	for i := range s.bases {
		if err := s.connect(i); err != nil {
			return nil, err
		}
	}
	s.scraper = &http.Client{Transport: bearer{s.transport(1), s.Token}}
	if !p.Unchecked {
		s.revisions, s.registers, s.order = check.NewRevisions(), check.NewRegisters(), check.NewOrder()
	}
	s.acknowledged, s.pauses = check.NewAcknowledged(), newPauses()
	var refused []error
	s.probe, refused = usage.NewProbe(ctx, s.scraper, s.bases, p.sampleEvery())
	for _, err := range refused {
		s.notes = append(s.notes, "no CPU and memory of a node: "+err.Error())
	}
	return s, nil
}

// sampleEvery is how often nodes are asked what they have spent.
func (p plan) sampleEvery() time.Duration {
	if p.countFor <= time.Minute {
		return time.Second / 2
	}
	return time.Second
}

// close gives up the connections.
func (s *stage) close() {
	for _, t := range s.pool {
		t.CloseIdleConnections()
	}
}

// transport returns a pool of so many connections to each node.
func (s *stage) transport(connections int) *http.Transport {
	dialer := &net.Dialer{Timeout: reachFor, KeepAlive: 15 * time.Second}
	t := &http.Transport{DialContext: dialer.DialContext, MaxConnsPerHost: connections, MaxIdleConnsPerHost: connections,
		IdleConnTimeout: 90 * time.Second, DisableCompression: true, TLSClientConfig: s.trust.Clone()}
	s.pool = append(s.pool, t)
	return t
}

// bearer shows a token with each request, if there is one.
type bearer struct {
	to    http.RoundTripper
	token string
}

// RoundTrip sends r with the token.
func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	if b.token != "" {
		r = r.Clone(r.Context())
		r.Header.Set("Authorization", "Bearer "+b.token)
	}
	return b.to.RoundTrip(r)
}

// connect makes the clients that prefer node i.
func (s *stage) connect(i int) error {
	config := client.Config{Addresses: slices.Concat(s.bases[i:], s.bases[:i]), ConnectFor: reachFor, UserAgent: "roster-load", Token: s.Token, Logger: s.Logger}
	for _, kind := range []struct {
		to          *[]*client.Client
		connections int
	}{{&s.nodes, max(1, s.Connections/len(s.bases))}, {&s.beside, besideMax}} {
		config.HTTPClient = &http.Client{Transport: s.transport(kind.connections)}
		c, err := client.New(config)
		if err != nil {
			return err
		}
		*kind.to = append(*kind.to, c)
	}
	return nil
}

// discover fills in bases: the addresses that were given; of a single one, the nodes
// that it knows and that can be reached from here.
func (s *stage) discover(ctx context.Context) error {
	first, err := client.New(client.Config{Addresses: s.Addresses, TLS: s.TLS, ConnectFor: reachFor, Token: s.Token})
	if err != nil {
		return err
	}
	defer first.Close()
	members, err := first.Members(ctx)
	if err != nil {
		return err
	}
	if len(s.Addresses) > 1 {
		for _, address := range s.Addresses {
			s.bases = append(s.bases, s.withScheme(address))
		}
		return nil
	}
	for _, m := range members {
		if base := s.withScheme(m.HTTP); m.State == roster.NodeAlive && s.reachable(ctx, base) {
			s.bases = append(s.bases, base)
		} else {
			s.notes = append(s.notes, fmt.Sprintf("node %s (%s, %s) takes no part: it cannot be reached from here; name the nodes with --addr", m.ID, m.HTTP, m.State))
		}
	}
	if len(s.bases) == 0 {
		s.bases = []string{first.Address()}
	}
	return nil
}

func (s *stage) withScheme(address string) string {
	if strings.Contains(address, "://") {
		return address
	}
	return s.TLS.Scheme() + "://" + address
}

// reachable reports whether a node answers at base.
func (s *stage) reachable(ctx context.Context, base string) bool {
	c, err := client.New(client.Config{Addresses: []string{base}, TLS: s.TLS, ConnectFor: time.Millisecond, Token: s.Token})
	if err != nil {
		return false
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(ctx, reachFor)
	defer cancel()
	_, err = c.Status(ctx)
	return err == nil
}
