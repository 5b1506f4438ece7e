package survey

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"roster"
	"roster/client"
	"roster/client/trust"
	"roster/cmd/node/survey/sight"
)

const (
	// eachWithin bounds what one node is asked.
	eachWithin = 5 * time.Second
	connectFor = 500 * time.Millisecond
	// nodesMax bounds how many nodes are asked.
	nodesMax = 128
)

// Options say whom to ask, and how.
type Options struct {
	Addresses []string // none: client.DefaultAddress
	TLS       trust.Files
	Token     string
	UserAgent string
}

// Surveyor keeps the connections between two looks. Make one with New.
type Surveyor struct {
	o    Options
	http *http.Client
	mu   struct {
		sync.Mutex
		clients map[string]*client.Client // by address
	}
}

// New returns a Surveyor that has asked nobody yet.
func New(o Options) (*Surveyor, error) {
	config, err := o.TLS.Config()
	if err != nil {
		return nil, err
	}
	if len(o.Addresses) == 0 {
		o.Addresses = []string{client.DefaultAddress}
	}
	s := &Surveyor{o: o, http: &http.Client{Transport: &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	s.mu.clients = make(map[string]*client.Client)
	for _, address := range o.Addresses {
		if _, err := s.client(address); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Close gives up the connections.
func (s *Surveyor) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.mu.clients { // order-free: each is closed
		c.Close()
	}
	s.http.CloseIdleConnections()
}

// client returns what speaks to one address.
func (s *Surveyor) client(address string) (*client.Client, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.mu.clients[address]; c != nil {
		return c, nil
	}
	c, err := client.New(client.Config{Addresses: []string{address}, Token: s.o.Token, TLS: s.o.TLS, ConnectFor: connectFor, UserAgent: s.o.UserAgent})
	if err == nil {
		s.mu.clients[address] = c
	}
	return c, err
}

// Look asks all nodes for everything. The error is that of the addresses that were given,
// where none of them answered.
func (s *Surveyor) Look(ctx context.Context) (*sight.Cluster, error) {
	return s.look(ctx, s.askMore)
}

// Glance is Look without readiness, moves and clocks, for who looks often.
func (s *Surveyor) Glance(ctx context.Context) (*sight.Cluster, error) {
	return s.look(ctx, s.askMetrics)
}

// ask asks a node that has told who it is for more.
type ask func(context.Context, *client.Client, *sight.Node)

func (s *Surveyor) look(ctx context.Context, more ask) (*sight.Cluster, error) {
	first, err := s.askAll(ctx, s.o.Addresses, more)
	c := &sight.Cluster{Nodes: first}
	answered := c.Answered()
	if len(answered) == 0 {
		return nil, err
	}
	c.Members = answered[0].Members
	others, _ := s.askAll(ctx, unasked(c.Members, first), more) // each says itself why it did not answer
	c.Nodes = distinct(append(first, others...), c.Members)
	return c, nil
}

// unasked lists the addresses of members of which no answer is there yet.
func unasked(members []roster.Member, nodes []sight.Node) []string {
	var out []string
	for _, m := range members {
		known := slices.ContainsFunc(nodes, func(n sight.Node) bool { return n.Fault == "" && n.ID == m.ID })
		if !known && m.State != roster.NodeLeft && m.HTTP != "" && len(out) < nodesMax {
			out = append(out, m.HTTP)
		}
	}
	return out
}

// distinct sorts the nodes by name and leaves out what is there twice. A node that did not
// answer is called what the members say.
func distinct(nodes []sight.Node, members []roster.Member) []sight.Node {
	for i := range nodes {
		for _, m := range members {
			if nodes[i].ID == "" && plain(m.HTTP) == plain(nodes[i].Address) {
				nodes[i].ID = m.ID
			}
		}
	}
	slices.SortStableFunc(nodes, func(a, b sight.Node) int {
		return cmp.Or(strings.Compare(a.Name(), b.Name()), cmp.Compare(len(a.Fault), len(b.Fault)))
	})
	return slices.CompactFunc(nodes, func(a, b sight.Node) bool { return a.Name() == b.Name() })
}

// plain is an address without its scheme.
func plain(address string) string {
	return strings.TrimPrefix(strings.TrimPrefix(address, "https://"), "http://")
}

// askAll asks at all addresses at once. The error is the first of theirs, if there is one.
func (s *Surveyor) askAll(ctx context.Context, addresses []string, more ask) ([]sight.Node, error) {
	out, errs := make([]sight.Node, len(addresses)), make([]error, len(addresses))
	var asking sync.WaitGroup
	for i, address := range addresses {
		asking.Go(func() { out[i], errs[i] = s.askOne(ctx, address, more) })
	}
	asking.Wait()
	return out, cmp.Or(errs...)
}

// askOne asks one node. What it tells nobody, or not us, it leaves out.
func (s *Surveyor) askOne(ctx context.Context, address string, more ask) (sight.Node, error) {
	ctx, cancel := context.WithTimeout(ctx, eachWithin)
	defer cancel()
	n := sight.Node{Address: address}
	c, err := s.client(address)
	if err == nil {
		n.Status, err = c.Status(ctx)
	}
	if err == nil {
		n.ID = n.Status.Node
		n.Members, err = c.Members(ctx)
	}
	if err == nil {
		n.Shards, err = c.Shards(ctx)
	}
	if err != nil {
		return sight.Node{ID: n.ID, Address: address, Fault: err.Error()}, err
	}
	more(ctx, c, &n)
	return n, nil
}

// askMore asks for what a node may keep to itself.
func (s *Surveyor) askMore(ctx context.Context, c *client.Client, n *sight.Node) {
	checks, err := c.Ready(ctx)
	n.Checks = checks
	untold(n, "readiness", err)
	plan, err := c.Moves(ctx)
	if untold(n, "what moves", err); err == nil {
		n.Plan = &plan
	}
	s.askMetrics(ctx, c, n)
	untold(n, "clock", s.clock(ctx, c.Address(), n))
}

func (s *Surveyor) askMetrics(ctx context.Context, c *client.Client, n *sight.Node) {
	metrics, err := s.metrics(ctx, c.Address())
	if untold(n, "metrics", err); err == nil {
		n.Metrics = &metrics
	}
}

// untold notes what a node did not tell, and why.
func untold(n *sight.Node, what string, err error) {
	if err != nil {
		n.Untold = append(n.Untold, fmt.Sprintf("%s: %v", what, err))
	}
}
