package transport

import (
	"net"
	"strconv"
	"sync"
)

// Lane says what a connection is for. Numbers are part of the protocol.
type Lane uint8

// The lanes.
const (
	LaneGossip   Lane = 1 // streams of the membership protocol
	LaneRaft     Lane = 2 // messages of all Raft groups
	LaneCall     Lane = 3 // requests and answers
	LaneSnapshot Lane = 4 // one snapshot of one Raft group
)

// laneNames gives each lane the name that logs and metrics use.
var laneNames = map[Lane]string{LaneGossip: "gossip", LaneRaft: "raft", LaneCall: "call", LaneSnapshot: "snapshot"}

// String returns the lane's name.
func (l Lane) String() string {
	if name, ok := laneNames[l]; ok {
		return name
	}
	return "lane " + strconv.Itoa(int(l))
}

// laneListener hands accepted, authenticated connections to the owner of a lane.
type laneListener struct {
	addr    net.Addr
	backlog chan net.Conn
	done    chan struct{}
	once    sync.Once
	onClose func(*laneListener)
}

var _ net.Listener = (*laneListener)(nil)

func newLaneListener(addr net.Addr, onClose func(*laneListener)) *laneListener {
	return &laneListener{addr: addr, backlog: make(chan net.Conn, BacklogMax), done: make(chan struct{}), onClose: onClose}
}

// Accept implements net.Listener.
func (l *laneListener) Accept() (net.Conn, error) {
	select {
	case <-l.done:
		return nil, net.ErrClosed
	default:
	}
	select {
	case c := <-l.backlog:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener. Connections that nobody accepted are closed;
// accepted ones stay with whoever accepted them.
func (l *laneListener) Close() error {
	l.once.Do(func() {
		close(l.done)
		if l.onClose != nil {
			l.onClose(l)
		}
	})
	l.drain()
	return nil
}

// Addr implements net.Listener.
func (l *laneListener) Addr() net.Addr { return l.addr }

// deliver hands c over, or closes it when the listener is closed or full.
func (l *laneListener) deliver(c net.Conn) {
	select {
	case l.backlog <- c:
	default:
		_ = c.Close()
		return
	}
	select {
	case <-l.done: // closed meanwhile: Close may not have seen c
		l.drain()
	default:
	}
}

func (l *laneListener) drain() {
	for {
		select {
		case c := <-l.backlog:
			_ = c.Close()
		default:
			return
		}
	}
}

// closed reports whether Close was called.
func (l *laneListener) closed() bool {
	select {
	case <-l.done:
		return true
	default:
		return false
	}
}
