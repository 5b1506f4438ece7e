package transport_test

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"roster"
	"roster/internal/bubble"
	"roster/internal/simnet"
	"roster/transport"
)

// closedWithin checks that the other side closes c, and returns what it said.
func closedWithin(t *testing.T, c net.Conn, limit time.Duration) []byte {
	t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(limit))
	said, err := io.ReadAll(c)
	if e, ok := err.(net.Error); ok && e.Timeout() {
		t.Errorf("still open after %v", limit)
	}
	return said
}

// refused reads the counter of refused connections.
func refused(t *testing.T, r *prometheus.Registry, reason string) float64 {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			if family.GetName() == "roster_transport_refused_total" && m.GetLabel()[0].GetValue() == reason {
				return m.GetCounter().GetValue()
			}
		}
	}
	return 0
}

func TestStrangersAreTurnedAway(t *testing.T) {
	metrics := prometheus.NewRegistry()
	b := open(t, "b-1", func(c *transport.Config) { c.Metrics, c.Handler = metrics, echo })
	random := make([]byte, 4096)
	rand.NewChaCha8([32]byte{1}).Read(random)
	for name, bytes := range map[string][]byte{
		"http":   []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
		"tls":    {22, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3},
		"random": random,
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
			if said := closedWithin(t, c, time.Second); len(said) > 0 {
				t.Errorf("a stranger was told %q", said)
			}
		})
	}
	if got := refused(t, metrics, "protocol"); got != 3 {
		t.Errorf("%v strangers counted, of 3", got)
	}
	if _, err := open(t, "a-1", nil).Call(within(t, 5*time.Second), b.Addr(), 1, nil); err != nil {
		t.Errorf("a peer's call after the strangers: %v", err)
	}
}

func TestWrongKeyIsDeniedAndCounted(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		n := simnet.New(1)
		metrics := prometheus.NewRegistry()
		b, err := transport.Open(t.Context(), transport.Config{
			Network: n.Host(2), Bind: ":7500", Cluster: "prod", Key: bytes.Repeat([]byte{9}, transport.KeyBytes), Node: "b-1", Handler: echo, Metrics: metrics,
		})
		if err != nil {
			t.Fatal(err)
		}
		a := simulated(t, n.Host(1), nil)
		_, err = a.Call(t.Context(), b.Addr(), 1, nil)
		if roster.CodeOf(err) != roster.CodeDenied || !strings.Contains(err.Error(), "key") {
			t.Errorf("Call = %v", err)
		}
		synctest.Wait() // the acceptor counts after it has answered
		if got := refused(t, metrics, "key"); got != 1 {
			t.Errorf("%v wrong keys counted, of 1", got)
		}
		for _, tr := range []*transport.Transport{a, b} {
			if err := tr.Close(); err != nil {
				t.Error(err)
			}
		}
		if families, err := metrics.Gather(); err != nil || len(families) != 0 {
			t.Errorf("after Close the registry holds %d metrics, %v", len(families), err)
		}
	})
}

func TestDiallingSomethingElse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		_, _ = c.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
		_ = c.Close()
	}()
	a := open(t, "a-1", nil)
	_, err = a.Dial(within(t, 5*time.Second), l.Addr().String(), transport.LaneCall)
	if roster.CodeOf(err) != roster.CodeUnavailable {
		t.Errorf("Dial = %v", err)
	}
}

func TestPacketsShareThePort(t *testing.T) {
	a, b := open(t, "a-1", nil), open(t, "b-1", nil)
	if got := b.Packets().LocalAddr().String(); got != b.Addr() {
		t.Fatalf("packets at %s, connections at %s", got, b.Addr())
	}
	if _, err := a.Packets().WriteTo([]byte("hi"), b.Packets().LocalAddr()); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 9)
	_ = b.Packets().SetReadDeadline(time.Now().Add(5 * time.Second))
	if n, from, err := b.Packets().ReadFrom(buf); err != nil || string(buf[:n]) != "hi" || from.String() != a.Addr() {
		t.Errorf("got %q from %v, %v", buf[:n], from, err)
	}
}

func TestSecondListenerOfAPortIsRefused(t *testing.T) {
	b := open(t, "b-1", nil)
	_, err := transport.Open(t.Context(), transport.Config{Network: transport.OS(), Bind: b.Addr(), Cluster: "prod", Key: testKey, Node: "c-1"})
	if roster.CodeOf(err) != roster.CodeUnavailable {
		t.Errorf("Open = %v", err)
	}
}

func TestHalfOpenConnectionsAreClosedInTime(t *testing.T) {
	for name, first := range map[string]string{"silent": "", "magic alone": "ROST", "half a hello": "ROST\x01\x03\x00\x00\x00\x00abc"} {
		t.Run(name, func(t *testing.T) {
			bubble.Test(t, func(t *testing.T) {
				n := simnet.New(1)
				b := simulated(t, n.Host(2), echo)
				c, err := n.Host(1).Dial(t.Context(), b.Addr())
				if err != nil {
					t.Fatal(err)
				}
				if _, err := c.Write([]byte(first)); err != nil {
					t.Fatal(err)
				}
				begin := time.Now()
				closedWithin(t, c, time.Minute)
				if took := time.Since(begin); took > transport.HandshakeTimeout+time.Second {
					t.Errorf("closed after %v", took)
				}
				if err := b.Close(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestSilentStrangersCannotLockPeersOut(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		n := simnet.New(1)
		b := simulated(t, n.Host(2), echo)
		a := simulated(t, n.Host(1), nil)
		for range 3 * transport.PendingMax {
			if _, err := n.Host(3).Dial(t.Context(), b.Addr()); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := a.Call(ctx, b.Addr(), 1, nil); err != nil {
			t.Errorf("a peer's call amid silent strangers: %v", err)
		}
		for _, tr := range []*transport.Transport{a, b} {
			if err := tr.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}
