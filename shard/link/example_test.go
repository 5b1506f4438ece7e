package link_test

import (
	"context"
	"errors"
	"fmt"
	"net"

	"roster/shard/link"
	"roster/transport"
)

// lonely is a network without anybody else.
type lonely struct{}

func (lonely) Listener(transport.Lane) net.Listener {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	return l
}

func (lonely) Dial(context.Context, string, transport.Lane) (net.Conn, error) {
	return nil, errors.New("there is nobody else")
}

func Example() {
	hub := link.OpenHub(link.HubOptions{Network: lonely{}, Node: "n1"})
	defer hub.Close()
	t := hub.Open(link.Options{Group: 1})
	defer t.Close()
	fmt.Println("raft knows this server as", t.LocalAddr())
	// Output: raft knows this server as n1
}
