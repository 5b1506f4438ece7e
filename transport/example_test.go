package transport_test

import (
	"bytes"
	"context"
	"fmt"

	"roster"
	"roster/transport"
)

// Two nodes on one machine: one answers, the other asks.
func Example() {
	ctx := context.Background()
	key := bytes.Repeat([]byte{1}, transport.KeyBytes)
	server, err := transport.Open(ctx, transport.Config{
		Network: transport.OS(), Bind: "127.0.0.1:0", Cluster: "prod", Key: key, Node: "n1-00000001",
		Handler: func(_ context.Context, from roster.NodeID, method uint8, body []byte) ([]byte, error) {
			return fmt.Appendf(nil, "%s asked %d: %s", from, method, body), nil
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	client, err := transport.Open(ctx, transport.Config{
		Network: transport.OS(), Bind: "127.0.0.1:0", Cluster: "prod", Key: key, Node: "n2-00000002",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	answer, err := client.Call(ctx, server.Addr(), 7, []byte("are you there?"))
	fmt.Println(string(answer), err)
	// Output: n2-00000002 asked 7: are you there? <nil>
}
