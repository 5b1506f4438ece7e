package transport_test

import (
	"context"
	"crypto/tls"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"roster"
	"roster/certs"
	"roster/certs/authority"
	"roster/internal/bubble"
	"roster/internal/simnet"
	"roster/transport"
)

// issuer is a CA for tests; its certificates live an hour from now.
type issuer struct {
	t  *testing.T
	ca authority.PEM
}

func newIssuer(t *testing.T, cluster string) issuer {
	t.Helper()
	ca, err := authority.New(cluster, time.Now(), time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return issuer{t, ca}
}

// files writes what an identity is issued, under the CA to be trusted.
func (i issuer) files(who certs.Identity, trusted issuer) certs.Files {
	i.t.Helper()
	a, err := authority.Parse(i.ca)
	if err != nil {
		i.t.Fatal(err)
	}
	leaf, err := a.Issue(authority.Leaf{Identity: who, From: time.Now(), Until: time.Now().Add(time.Hour)})
	if err != nil {
		i.t.Fatal(err)
	}
	dir := i.t.TempDir()
	f := certs.Files{CA: filepath.Join(dir, "ca"), Cert: filepath.Join(dir, "cert"), Key: filepath.Join(dir, "key")}
	for name, raw := range map[string][]byte{f.CA: trusted.ca.Cert, f.Cert: leaf.Cert, f.Key: leaf.Key} {
		if err := os.WriteFile(name, raw, 0o600); err != nil {
			i.t.Fatal(err)
		}
	}
	return f
}

func node(name string) certs.Identity {
	return certs.Identity{Cluster: "prod", Role: certs.RoleNode, Name: name}
}

// nodes is the security of a node of cluster prod.
func (i issuer) nodes(name string) *certs.Nodes {
	i.t.Helper()
	n, err := certs.OpenNodes(i.files(node(name), i), "prod", name)
	if err != nil {
		i.t.Fatal(err)
	}
	return n
}

// stranger dials with what no node would be started with.
type stranger struct {
	*certs.Nodes
	pair *tls.Certificate // nil: none
}

func (s stranger) Client(raw net.Conn) *tls.Conn {
	c := &tls.Config{InsecureSkipVerify: true}
	if s.pair != nil {
		c.Certificates = []tls.Certificate{*s.pair}
	}
	return tls.Client(raw, c)
}

func (stranger) Vouch(tls.ConnectionState, roster.NodeID) error { return nil }

func (stranger) Own(roster.NodeID) error { return nil }

// with returns a stranger who shows the certificate of files.
func with(t *testing.T, f certs.Files) stranger {
	t.Helper()
	set, err := certs.Load(f)
	if err != nil {
		t.Fatal(err)
	}
	return stranger{pair: &set.Chain}
}

func security(s transport.Security, more ...func(*transport.Config)) func(*transport.Config) {
	return func(c *transport.Config) {
		c.Security, c.Handler = s, echo
		for _, change := range more {
			change(c)
		}
	}
}

func counted(r prometheus.Registerer) func(*transport.Config) {
	return func(c *transport.Config) { c.Metrics = r }
}

func TestSecuredCalls(t *testing.T) {
	ca := newIssuer(t, "prod")
	a, b := open(t, "a-00000001", security(ca.nodes("a"))), open(t, "b-00000002", security(ca.nodes("b")))
	got, err := a.Call(within(t, 5*time.Second), b.Addr(), 'm', []byte("hi"))
	if err != nil || string(got) != "a-00000001:him" {
		t.Fatalf("Call = %q, %v", got, err)
	}
	for _, lane := range []transport.Lane{transport.LaneGossip, transport.LaneRaft, transport.LaneSnapshot} {
		l := b.Listener(lane)
		c, err := a.Dial(within(t, 5*time.Second), b.Addr(), lane)
		if err != nil {
			t.Fatalf("%v: %v", lane, err)
		}
		in, err := l.Accept()
		if err != nil {
			t.Fatalf("%v: %v", lane, err)
		}
		if peer, _ := transport.Peer(in); peer != "a-00000001" {
			t.Errorf("%v from %s", lane, peer)
		}
		if _, err := c.Write([]byte("hi")); err != nil {
			t.Error(err)
		}
		_ = c.Close()
		if said := closedWithin(t, in, 5*time.Second); string(said) != "hi" {
			t.Errorf("%v carried %q", lane, said)
		}
		_ = in.Close()
	}
}

// TestStrangersAreRefused: each control differs from a node of the cluster in one thing.
func TestStrangersAreRefused(t *testing.T) {
	shows := func(who certs.Identity) func(ca, foreign issuer) transport.Security {
		return func(ca, _ issuer) transport.Security { return with(ca.t, ca.files(who, ca)) }
	}
	for name, test := range map[string]struct {
		security func(ca, foreign issuer) transport.Security
		node     roster.NodeID
		reason   string
		says     string
	}{
		"client":        {shows(certs.Identity{Cluster: "prod", Role: certs.RoleClient, Name: "a"}), "a-00000001", "certificate", "refuses this node's certificate"},
		"other cluster": {shows(certs.Identity{Cluster: "test", Role: certs.RoleNode, Name: "a"}), "a-00000001", "certificate", "refuses this node's certificate"},
		"foreign CA": {func(ca, foreign issuer) transport.Security { return with(ca.t, foreign.files(node("a"), ca)) },
			"a-00000001", "certificate", "refuses this node's certificate"},
		"other name": {shows(node("c")), "a-00000001", "certificate", "another name"},
		"no suffix":  {shows(node("a")), "a", "certificate", "another name"},
		"none":       {func(issuer, issuer) transport.Security { return stranger{} }, "a-00000001", "tls", "refuses this node's certificate"},
		"plaintext":  {func(issuer, issuer) transport.Security { return nil }, "a-00000001", "plaintext", "speaks TLS alone"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble.Test(t, func(t *testing.T) {
				n, ca, metrics := simnet.New(1), newIssuer(t, "prod"), prometheus.NewRegistry()
				b := open(t, "b-00000002", security(ca.nodes("b"), on(n.Host(2)), counted(metrics)))
				a := open(t, test.node, security(test.security(ca, newIssuer(t, "prod")), on(n.Host(1))))
				_, err := a.Call(timeout(t, 5*time.Second), b.Addr(), 1, nil)
				if roster.CodeOf(err) != roster.CodeDenied || !strings.Contains(err.Error(), test.says) {
					t.Errorf("Call = %v", err)
				}
				synctest.Wait() // the acceptor counts after it has answered
				if got := refused(t, metrics, test.reason); got != 1 {
					t.Errorf("%v refused for reason %s, of 1", got, test.reason)
				}
				c := open(t, "c-00000003", security(ca.nodes("c"), on(n.Host(3))))
				if _, err := c.Call(timeout(t, 5*time.Second), b.Addr(), 1, nil); err != nil {
					t.Errorf("a node after the stranger: %v", err)
				}
			})
		})
	}
}

// on puts a transport on a host of a simulated network.
func on(h *simnet.Host) func(*transport.Config) {
	return func(c *transport.Config) { c.Network, c.Bind = h, ":7500" }
}

// TestImpostorsAreNotDialled: the dialer judges as the acceptor does.
func TestImpostorsAreNotDialled(t *testing.T) {
	ca, foreign := newIssuer(t, "prod"), newIssuer(t, "prod")
	for name, impostor := range map[string]*tls.Certificate{
		"client":        with(t, ca.files(certs.Identity{Cluster: "prod", Role: certs.RoleClient, Name: "b"}, ca)).pair,
		"other cluster": with(t, ca.files(certs.Identity{Cluster: "test", Role: certs.RoleNode, Name: "b"}, ca)).pair,
		"foreign CA":    with(t, foreign.files(node("b"), ca)).pair,
		"other name":    with(t, ca.files(node("c"), ca)).pair,
	} {
		t.Run(name, func(t *testing.T) {
			b := open(t, "b-00000002", security(host{stranger{pair: impostor}}))
			_, err := open(t, "a-00000001", security(ca.nodes("a"))).Call(within(t, 5*time.Second), b.Addr(), 1, nil)
			if roster.CodeOf(err) != roster.CodeDenied || !strings.Contains(err.Error(), "is not trusted") {
				t.Errorf("Call = %v", err)
			}
		})
	}
	plain := open(t, "b-00000002", handler(echo))
	_, err := open(t, "a-00000001", security(ca.nodes("a"))).Call(within(t, 5*time.Second), plain.Addr(), 1, nil)
	if roster.CodeOf(err) != roster.CodeUnavailable {
		t.Errorf("without TLS: %v", err)
	}
}

func TestCertificateOfAnotherIsToldAtOnce(t *testing.T) {
	ca := newIssuer(t, "prod")
	for id, wanted := range map[roster.NodeID]bool{"a-00000001": true, "b-00000001": false, "a": false} {
		tr, err := transport.Open(t.Context(), transport.Config{Network: transport.OS(), Bind: "127.0.0.1:0", Cluster: "prod", Key: testKey, Node: id, Security: ca.nodes("a")})
		if (err == nil) != wanted || err != nil && roster.CodeOf(err) != roster.CodeDenied {
			t.Errorf("%s: %v", id, err)
		}
		if err == nil {
			if err := tr.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// host is a stranger who lets everybody in.
type host struct{ stranger }

func (h host) Server(raw net.Conn) *tls.Conn {
	return tls.Server(raw, &tls.Config{Certificates: []tls.Certificate{*h.pair}})
}

func TestBytesThatAreNoTLS(t *testing.T) {
	ca := newIssuer(t, "prod")
	metrics := prometheus.NewRegistry()
	b := open(t, "b-00000002", security(ca.nodes("b"), counted(metrics)))
	random := make([]byte, 4096)
	rand.NewChaCha8([32]byte{1}).Read(random)
	for name, bytes := range map[string][]byte{
		"http":   []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
		"random": random,
		"record": append([]byte{22, 3, 1, 1, 0}, random[:256]...),
	} {
		t.Run(name, func(t *testing.T) {
			c, err := net.Dial("tcp", b.Addr())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if _, err := c.Write(bytes); err != nil {
				t.Fatal(err)
			}
			if said := closedWithin(t, c, time.Second); len(said) > 7 { // an alert has seven bytes
				t.Errorf("a stranger was told %q", said)
			}
		})
	}
	if protocol, broken := refused(t, metrics, "protocol"), refused(t, metrics, "tls"); protocol != 2 || broken != 1 {
		t.Errorf("%v and %v strangers counted, of 2 and 1", protocol, broken)
	}
}

// TestSecuredOverSimnet: the same over memory, in virtual time; a dialer whose peer cuts
// off within TLS does not wait for ever.
func TestSecuredOverSimnet(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		n, ca, metrics := simnet.New(1), newIssuer(t, "prod"), prometheus.NewRegistry()
		start := func(h *simnet.Host, id roster.NodeID, more ...func(*transport.Config)) *transport.Transport {
			name, _, _ := strings.Cut(string(id), "-")
			return open(t, id, security(ca.nodes(name), append(more, on(h))...))
		}
		a, b := start(n.Host(1), "a-00000001"), start(n.Host(2), "b-00000002", counted(metrics))
		if _, err := a.Call(t.Context(), b.Addr(), 1, []byte("hi")); err != nil {
			t.Fatal(err)
		}
		n.Block(n.Host(1), n.Host(2))
		_, err := a.Call(timeout(t, time.Second), b.Addr(), 1, nil)
		wantCode(t, "cut", err, roster.CodeUnknown)
		n.Heal()
		if _, err := a.Call(timeout(t, time.Minute), b.Addr(), 1, nil); err != nil {
			t.Errorf("healed: %v", err)
		}
		for _, first := range []string{"", "\x16", "\x16\x03\x01\x02\x00\x01"} {
			begin := time.Now()
			c, err := n.Host(3).Dial(t.Context(), b.Addr())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.Write([]byte(first)); err != nil {
				t.Fatal(err)
			}
			closedWithin(t, c, time.Minute)
			if took := time.Since(begin); took > transport.HandshakeTimeout+time.Second {
				t.Errorf("after %q closed in %v", first, took)
			}
		}
		synctest.Wait()
		if got := refused(t, metrics, "timeout"); got != 3 {
			t.Errorf("%v half-open handshakes counted, of 3", got)
		}
	})
}

// TestSilentStrangersCannotLockNodesOut: neither those who never begin TLS.
func TestSilentStrangersCannotLockNodesOut(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		n, ca := simnet.New(1), newIssuer(t, "prod")
		b := open(t, "b-00000002", security(ca.nodes("b"), on(n.Host(2))))
		for range 3 * transport.PendingMax {
			if _, err := n.Host(3).Dial(t.Context(), b.Addr()); err != nil {
				t.Fatal(err)
			}
		}
		a := open(t, "a-00000001", security(ca.nodes("a"), on(n.Host(1))))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := a.Call(ctx, b.Addr(), 1, nil); err != nil {
			t.Errorf("a call amid silent strangers: %v", err)
		}
	})
}
