package cluster_test

import (
	"bytes"
	"context"
	"fmt"
	"net"

	"roster/cluster"
	"roster/transport"
)

// A cluster of one, over the real network.
func Example() {
	ctx := context.Background()
	key := bytes.Repeat([]byte{1}, cluster.KeyBytes)
	tr, err := transport.Open(ctx, transport.Config{Network: transport.OS(), Bind: "127.0.0.1:0", Cluster: "prod", Key: key, Node: "n1-00000001"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer tr.Close()
	c, err := cluster.Open(cluster.Config{
		ID: "n1-00000001", Meta: cluster.Meta{Name: "n1", Version: "1.0.0"}, Cluster: "prod", Key: key,
		Packets: tr.Packets(), Streams: tr.Listener(transport.LaneGossip), Peer: transport.Peer,
		Dial: func(ctx context.Context, addr string) (net.Conn, error) {
			return tr.Dial(ctx, addr, transport.LaneGossip)
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	for _, m := range c.Members() {
		fmt.Println(m.ID, m.Meta.Name, m.State)
	}
	// Output: n1-00000001 n1 alive
}
