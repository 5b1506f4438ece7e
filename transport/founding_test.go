package transport_test

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"roster"
	"roster/transport"
)

// founded gives a transport the id of its cluster.
func founded(id string) func(*transport.Config) {
	return func(c *transport.Config) { c.ClusterID, c.Handler = id, echo }
}

// lines keeps what is logged.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *lines) has(words ...string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, w := range words {
		if !strings.Contains(l.b.String(), w) {
			return false
		}
	}
	return true
}

// TestTwoClustersOfOneNameAndKey: on every lane, in both directions, and both sides say why.
func TestTwoClustersOfOneNameAndKey(t *testing.T) {
	metrics, log := prometheus.NewRegistry(), &lines{}
	restored := open(t, "r-1", func(c *transport.Config) {
		founded("4567")(c)
		c.Metrics, c.Logger = metrics, slog.New(slog.NewTextHandler(log, nil))
	})
	old, same, newcomer := open(t, "o-1", founded("0123")), open(t, "s-1", founded("4567")), open(t, "n-1", founded(""))
	for _, lane := range []transport.Lane{transport.LaneGossip, transport.LaneCall, transport.LaneRaft, transport.LaneSnapshot} {
		_, err := old.Dial(within(t, 5*time.Second), restored.Addr(), lane)
		if roster.CodeOf(err) != roster.CodeConflict || !strings.Contains(err.Error(), "0123") || !strings.Contains(err.Error(), "4567") {
			t.Errorf("%v: %v", lane, err)
		}
	}
	_, err := restored.Call(within(t, 5*time.Second), old.Addr(), 1, nil)
	wantCode(t, "the other way round", err, roster.CodeConflict)
	for _, friend := range []*transport.Transport{same, newcomer} {
		if _, err := friend.Call(within(t, 5*time.Second), restored.Addr(), 1, nil); err != nil {
			t.Errorf("%s is refused: %v", friend.Addr(), err)
		}
	}
	if got := refused(t, metrics, "founding"); got != 4 {
		t.Errorf("%v refusals counted, of 4", got)
	}
	if !log.has("o-1", "0123", "4567", "reason=founding") {
		t.Errorf("the log does not name both: %s", log.b.String())
	}
}

// TestBelong: a newcomer that has decided ends what it has to do with the other cluster.
func TestBelong(t *testing.T) {
	a, b, newcomer := open(t, "a-1", founded("0123")), open(t, "b-1", founded("4567")), open(t, "n-1", founded(""))
	lane := map[*transport.Transport]net.Conn{}
	for _, tr := range []*transport.Transport{a, b} {
		c, err := newcomer.Dial(within(t, 5*time.Second), tr.Addr(), transport.LaneGossip)
		if err != nil {
			t.Fatal(err)
		}
		lane[tr] = c
	}
	newcomer.Belong("4567")
	_ = lane[a].SetReadDeadline(time.Now().Add(5 * time.Second))
	if _, err := lane[a].Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the connection to the other cluster: %v", err)
	}
	if _, err := lane[b].Write([]byte("x")); err != nil {
		t.Errorf("the connection to its own cluster: %v", err)
	}
	_, err := newcomer.Call(within(t, 5*time.Second), a.Addr(), 1, nil)
	wantCode(t, "afterwards", err, roster.CodeConflict)
	if _, err := newcomer.Call(within(t, 5*time.Second), b.Addr(), 1, nil); err != nil {
		t.Error(err)
	}
}

// before is a node of the build before cluster ids: version 2 of the handshake, byte by byte.
type before struct{ node, cluster string }

func (p before) proof(label string, hello, challenge []byte) []byte {
	key, err := hkdf.Key(sha256.New, testKey, nil, "roster transport handshake 1", 32)
	if err != nil {
		panic(err)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(label))
	mac.Write(hello)
	mac.Write(challenge)
	return mac.Sum(nil)
}

func short(s string) string { return string([]byte{byte(len(s))}) + s }

// dial knocks and reports the acceptor's last verdict.
func (p before) dial(c net.Conn, lane byte) (byte, error) {
	hello := []byte("ROST\x02" + string([]byte{lane}) + strings.Repeat("n", 32) + short(p.node) + short(p.cluster))
	if _, err := c.Write(hello); err != nil {
		return 0, err
	}
	first := make([]byte, 1+32+1)
	if _, err := io.ReadFull(c, first); err != nil || first[0] != 1 {
		return first[0], err
	}
	rest := make([]byte, int(first[33])+32)
	if _, err := io.ReadFull(c, rest); err != nil {
		return 0, err
	}
	challenge := append(first[1:], rest[:first[33]]...)
	if !hmac.Equal(rest[first[33]:], p.proof("acceptor\x00", hello, challenge)) {
		return 0, errors.New("the acceptor's proof is wrong")
	}
	if _, err := c.Write(p.proof("dialer\x00", hello, challenge)); err != nil {
		return 0, err
	}
	_, err := io.ReadFull(c, first[:1])
	return first[0], err
}

// accept answers one connection: the version first, as that build did.
func (p before) accept(c net.Conn) error {
	defer c.Close()
	head := make([]byte, 4+1+1+32+1)
	if _, err := io.ReadFull(c, head[:5]); err != nil {
		return err
	}
	if head[4] != 2 {
		_, err := c.Write([]byte{2})
		return err
	}
	if _, err := io.ReadFull(c, head[5:]); err != nil {
		return err
	}
	rest := make([]byte, int(head[38])+len(short(p.cluster)))
	if _, err := io.ReadFull(c, rest); err != nil {
		return err
	}
	hello := append(head, rest...)
	challenge := []byte(strings.Repeat("m", 32) + short(p.node))
	if _, err := c.Write(append(append([]byte{1}, challenge...), p.proof("acceptor\x00", hello, challenge)...)); err != nil {
		return err
	}
	theirs := make([]byte, 32)
	if _, err := io.ReadFull(c, theirs); err != nil {
		return err
	}
	verdict := byte(1)
	if !hmac.Equal(theirs, p.proof("dialer\x00", hello, challenge)) {
		verdict = 4
	}
	_, err := c.Write([]byte{verdict})
	return err
}

// TestBuildBefore: nodes of both builds let one another in, whoever dials.
func TestBuildBefore(t *testing.T) {
	old := before{"old-1", "prod"}
	now := open(t, "now-1", founded("4567"))
	c, err := net.Dial("tcp", now.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if verdict, err := old.dial(c, byte(transport.LaneCall)); verdict != 1 || err != nil {
		t.Errorf("the old node hears %d, %v", verdict, err)
	}

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	heard := make(chan error, 2)
	go func() {
		for range cap(heard) {
			c, err := l.Accept()
			if err == nil {
				err = old.accept(c)
			}
			heard <- err
		}
	}()
	defer l.Close()
	conn, err := now.Dial(within(t, 5*time.Second), l.Addr().String(), transport.LaneGossip)
	if err != nil {
		t.Fatal(err)
	}
	if peer, _ := transport.Peer(conn); peer != "old-1" {
		t.Errorf("it was %s", peer)
	}
	for range cap(heard) {
		if err := <-heard; err != nil {
			t.Errorf("the old node: %v", err)
		}
	}
}
