package link_test

import (
	"context"
	"errors"
	"fmt"
	"net"

	"roster/shard/link"
)

// lonely is a network without anybody else.
type lonely struct{}

func (lonely) GroupListener(uint32) net.Listener {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	return l
}

func (lonely) Dial(context.Context, string, uint32) (net.Conn, error) {
	return nil, errors.New("there is nobody else")
}

func Example() {
	t := link.Open(link.Options{Network: lonely{}, Group: 1, Node: "n1"})
	defer t.Close()
	fmt.Println("raft knows this server as", t.LocalAddr())
	// Output: raft knows this server as n1
}
