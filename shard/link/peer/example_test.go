package peer_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/hashicorp/raft"

	"roster/shard/link/frame"
	"roster/shard/link/peer"
	"roster/transport"
)

// lonely is a network without anybody else, which is found out once somebody is asked.
type lonely struct{ asked chan struct{} }

func (lonely) Listener(transport.Lane) net.Listener {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	return l
}

func (l lonely) Dial(context.Context, string, transport.Lane) (net.Conn, error) {
	<-l.asked
	return nil, errors.New("there is nobody else")
}

// deaf answers nothing.
type deaf struct{}

func (deaf) Serve(*peer.Served, *frame.Frame) bool { return false }

func (deaf) Install(net.Conn, io.Reader, *frame.Frame, []byte) *frame.Frame {
	return &frame.Frame{Kind: frame.Fault}
}

func (deaf) Gone(raft.ServerID) {}

// waiting is told what became of a request.
type waiting chan error

func (w waiting) Answered(*frame.Frame, time.Time) bool { w <- nil; return true }
func (w waiting) Failed(err error)                      { w <- err }

func Example() {
	network := lonely{make(chan struct{})}
	peers := peer.Open(peer.Options{Network: network, Node: "n1"}, deaf{})
	defer peers.Close()
	answer := make(waiting, 1)
	_, err := peers.Ask("n2", &frame.Frame{Kind: frame.Vote, Group: 1, Term: 2}, answer)
	fmt.Println(err)
	close(network.asked)
	err = <-answer
	fmt.Println(err, peer.Again(err))
	// Output:
	// <nil>
	// no connection: there is nobody else true
}
