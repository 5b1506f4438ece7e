package transport_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"go.uber.org/goleak"

	"roster"
	"roster/transport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var testKey = bytes.Repeat([]byte{7}, transport.KeyBytes)

// open starts a transport on loopback; change may alter its configuration.
func open(t testing.TB, node roster.NodeID, change func(*transport.Config)) *transport.Transport {
	t.Helper()
	c := transport.Config{Network: transport.OS(), Bind: "127.0.0.1:0", Cluster: "prod", Key: testKey, Node: node}
	if change != nil {
		change(&c)
	}
	tr, err := transport.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tr.Close(); err != nil {
			t.Errorf("close %s: %v", node, err)
		}
	})
	return tr
}

func handler(h transport.Handler) func(*transport.Config) {
	return func(c *transport.Config) { c.Handler = h }
}

func echo(_ context.Context, from roster.NodeID, method uint8, body []byte) ([]byte, error) {
	return append([]byte(string(from)+":"), append(body, method)...), nil
}

// within bounds a test's calls.
func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func TestCallAnswers(t *testing.T) {
	a, b := open(t, "a-1", nil), open(t, "b-1", handler(echo))
	got, err := a.Call(within(t, 5*time.Second), b.Addr(), 'm', []byte("hi"))
	if err != nil || string(got) != "a-1:him" {
		t.Fatalf("Call = %q, %v", got, err)
	}
}

func TestCallCarriesErrorsWhole(t *testing.T) {
	want := &roster.Error{
		Code: roster.CodeMoved, Detail: "led elsewhere", Field: "shard", Position: 3, Status: 421, Shard: 7, Index: 1 << 50,
		RetryAfter: 1500 * time.Millisecond, Leader: "n2-00000002",
	}
	b := open(t, "b-1", handler(func(context.Context, roster.NodeID, uint8, []byte) ([]byte, error) {
		wrapped := *want
		wrapped.Cause = errors.New("stays here")
		return nil, errors.Join(&wrapped)
	}))
	_, err := open(t, "a-1", nil).Call(within(t, 5*time.Second), b.Addr(), 1, nil)
	got, ok := errors.AsType[*roster.Error](err)
	if !ok || *got != *want {
		t.Fatalf("error = %#v, want %#v", err, want)
	}
}

func TestDialSaysWhatDiffers(t *testing.T) {
	b := open(t, "b-1", handler(echo))
	for _, test := range []struct {
		name   string
		change func(*transport.Config)
		want   roster.Code
	}{
		{"key", func(c *transport.Config) { c.Key = bytes.Repeat([]byte{8}, 32) }, roster.CodeDenied},
		{"cluster", func(c *transport.Config) { c.Cluster = "other" }, roster.CodeConflict},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := open(t, "a-1", test.change)
			_, err := a.Dial(within(t, 5*time.Second), b.Addr(), transport.LaneGossip)
			if roster.CodeOf(err) != test.want {
				t.Fatalf("Dial = %v, want %s", err, test.want)
			}
		})
	}
}

func TestLanesReachTheirListeners(t *testing.T) {
	a, b := open(t, "a-1", nil), open(t, "b-1", nil)
	raft := b.Listener(transport.LaneRaft)
	for _, test := range []struct {
		lane   transport.Lane
		accept net.Listener
	}{{transport.LaneGossip, b.Listener(transport.LaneGossip)}, {transport.LaneRaft, raft}, {transport.LaneSnapshot, b.Listener(transport.LaneSnapshot)}} {
		out, err := a.Dial(within(t, 5*time.Second), b.Addr(), test.lane)
		if err != nil {
			t.Fatal(err)
		}
		in, err := test.accept.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if peer, ok := transport.Peer(in); !ok || peer != "a-1" {
			t.Errorf("acceptor sees %q", peer)
		}
		if peer, ok := transport.Peer(out); !ok || peer != "b-1" {
			t.Errorf("dialer sees %q", peer)
		}
		if _, err := out.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		var b [1]byte
		if _, err := in.Read(b[:]); err != nil || b[0] != 'x' {
			t.Fatalf("read %q, %v", b, err)
		}
	}
	if err := raft.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Dial(within(t, 5*time.Second), b.Addr(), transport.LaneRaft); roster.CodeOf(err) != roster.CodeUnavailable {
		t.Fatalf("Dial to a closed lane = %v", err)
	}
}
