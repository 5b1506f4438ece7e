package shard_test

import (
	"context"
	"errors"
	"fmt"
	"net"

	"roster"
	"roster/shard"
	"roster/transport"
)

// alone is the network of a node that has no peers.
type alone struct{}

func (alone) Listener(transport.Lane) net.Listener { return &silence{closed: make(chan struct{})} }

func (alone) Dial(context.Context, string, transport.Lane) (net.Conn, error) {
	return nil, errors.New("there is nobody else")
}

type silence struct{ closed chan struct{} }

func (s *silence) Accept() (net.Conn, error) { <-s.closed; return nil, net.ErrClosed }
func (s *silence) Close() error              { close(s.closed); return nil }
func (s *silence) Addr() net.Addr            { return &net.UnixAddr{Name: "alone"} }

func Example() {
	ctx := context.Background()
	host, err := shard.OpenHost(shard.Config{Node: "n1", Network: alone{}}) // no Dir: in memory
	if err != nil {
		fmt.Println(err)
		return
	}
	defer host.Close(ctx)
	group, err := host.Open(ctx, 1, []shard.Server{{ID: "n1"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	<-group.Leading()

	agent := roster.Agent{ID: "acme/translator"}.Canonical()
	result, err := group.Propose(ctx, roster.Op{Command: roster.Register{Agent: agent, Mode: roster.ModeCreate}})
	fmt.Println(result.Value.(roster.Change).Outcome, err)

	_, found, seen := group.Lookup("acme/translator")
	fmt.Println(found, seen.Index >= result.Index)
	// Output:
	// created <nil>
	// true true
}
