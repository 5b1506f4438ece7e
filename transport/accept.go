package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"roster"
	"roster/transport/greeting"
)

// acceptPause is how long to wait after an error of the listener (no free file
// descriptors, for one) before the next try.
const acceptPause = 50 * time.Millisecond

// accept takes connections until the listener is closed.
func (t *Transport) accept() {
	for {
		raw, err := t.tcp.Accept()
		if err == nil {
			t.await(raw)
			continue
		}
		if errors.Is(err, net.ErrClosed) || t.ctx.Err() != nil {
			return
		}
		t.log.refused("accept", nil, err)
		pause := time.NewTimer(acceptPause)
		select {
		case <-pause.C:
		case <-t.ctx.Done():
			pause.Stop()
			return
		}
	}
}

// await starts a handshake. Strangers that hold connections open without a word
// cannot lock peers out: when PendingMax wait, the oldest makes room, and a peer's
// handshake takes far less time than it takes to become the oldest.
func (t *Transport) await(raw net.Conn) {
	var oldest net.Conn
	t.mu.Lock()
	if len(t.mu.pending) >= PendingMax {
		oldest = t.mu.pending[0]
		t.mu.pending = slices.Delete(t.mu.pending, 0, 1)
	}
	t.mu.pending = append(t.mu.pending, raw)
	t.mu.Unlock()
	if oldest != nil {
		t.refuse("pending", oldest, nil)
	}
	if !t.run(func() { t.welcome(raw) }) {
		_ = raw.Close()
	}
}

// settled takes raw out of the pending handshakes; false if it was made to give way.
func (t *Transport) settled(raw net.Conn) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	i := slices.Index(t.mu.pending, raw)
	if i < 0 {
		return false
	}
	t.mu.pending = slices.Delete(t.mu.pending, i, i+1)
	return true
}

// welcome carries out the handshake on an accepted connection and hands it to its
// lane.
func (t *Transport) welcome(raw net.Conn) {
	_ = raw.SetDeadline(time.Now().Add(HandshakeTimeout))
	conn, err := t.secure(raw, Security.Server)
	var h greeting.Hello
	var v greeting.Verdict
	me := t.party()
	if err == nil {
		h, v, err = me.Answer(conn)
	}
	if !t.settled(raw) {
		_ = raw.Close()
		return
	}
	if err != nil {
		t.refuse(reasonOf(raw, err), raw, err)
		return
	}
	var doubt error
	switch v {
	case greeting.Accepted:
		if doubt = t.vouch(conn, h.Node); doubt != nil {
			v = greeting.NotVouched
		}
	case greeting.BadFounding:
		doubt = me.Foreign(h.Node, raw.RemoteAddr().String(), h.ClusterID)
	}
	deliver := t.lane(Lane(h.Lane))
	if v == greeting.Accepted && deliver == nil {
		v = greeting.NobodyThere
	}
	var c *laneConn
	if v == greeting.Accepted {
		var full bool
		if c, full = t.adopt(conn, Lane(h.Lane), greeting.Peer{Node: h.Node, ClusterID: h.ClusterID}, true); full {
			v = greeting.TooMany
		} else if c == nil {
			_ = raw.Close()
			return
		}
	}
	if v != greeting.Accepted {
		_, err := conn.Write([]byte{byte(v)})
		t.refuse(v.Reason(), raw, errors.Join(doubt, err))
		return
	}
	if _, err := conn.Write([]byte{byte(greeting.Accepted)}); err != nil {
		_ = c.Close()
		return
	}
	_ = raw.SetDeadline(time.Time{})
	deliver(c)
}

// lane returns what takes the connections of a lane, or nil.
func (t *Transport) lane(lane Lane) func(*laneConn) {
	switch lane {
	case LaneGossip:
		if !t.gossip.closed() {
			return func(c *laneConn) { t.gossip.deliver(c) }
		}
	case LaneRaft, LaneSnapshot:
		t.mu.Lock()
		l := t.mu.owners[lane]
		t.mu.Unlock()
		if l != nil {
			return func(c *laneConn) { l.deliver(c) }
		}
	case LaneCall:
		if t.c.Handler != nil {
			return t.serve
		}
	}
	return nil
}

// refuse counts the reason, closes raw and logs it.
func (t *Transport) refuse(reason string, raw net.Conn, err error) {
	t.metrics.refused.WithLabelValues(reason).Inc()
	_ = raw.Close()
	if t.ctx.Err() == nil {
		t.log.refused(reason, raw.RemoteAddr(), err)
	}
}

// reasonOf names what went wrong with a handshake, and tells the peer if it can.
func reasonOf(raw net.Conn, err error) string {
	_, isOther := errors.AsType[tls.RecordHeaderError](err)
	switch {
	case unsecured(raw, err):
		return greeting.NoTLS.Reason()
	case errors.Is(err, greeting.ErrNotHello), isOther:
		return "protocol"
	case roster.CodeOf(err) == roster.CodeDenied, greeting.Alerted(err):
		return greeting.NotVouched.Reason()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "timeout"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "hangup"
	case strings.HasPrefix(err.Error(), "tls: "):
		return "tls" // no certificate at all, another version, no handshake
	}
	return "broken"
}

// refusalLogEvery is the least time between two lines about refused connections.
const refusalLogEvery = 10 * time.Second

// refusalLog writes about refusals, but not more often than a person can read.
type refusalLog struct {
	logger *slog.Logger
	mu     struct {
		sync.Mutex
		next    time.Time
		skipped int
	}
}

func (l *refusalLog) refused(reason string, from net.Addr, err error) {
	l.mu.Lock()
	now := time.Now()
	if now.Before(l.mu.next) {
		l.mu.skipped++
		l.mu.Unlock()
		return
	}
	skipped := l.mu.skipped
	l.mu.next, l.mu.skipped = now.Add(refusalLogEvery), 0
	l.mu.Unlock()
	attrs := []slog.Attr{slog.String("reason", reason), slog.Int("since_last", skipped)}
	if from != nil {
		attrs = append(attrs, slog.String("from", from.String()))
	}
	if err != nil {
		attrs = append(attrs, slog.String("err", err.Error()))
	}
	l.logger.LogAttrs(context.Background(), slog.LevelWarn, "connection refused", attrs...)
}
