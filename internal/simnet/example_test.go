package simnet_test

import (
	"context"
	"fmt"

	"roster/internal/simnet"
)

// Two hosts, one connection. In tests this runs inside bubble.Test, so that delays
// and time-outs cost nothing.
func Example() {
	net := simnet.New(1)
	server, client := net.Host(1), net.Host(2)
	listener, packets, err := server.Listen(context.Background(), ":7500")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer packets.Close()
	defer listener.Close()
	out, err := client.Dial(context.Background(), "10.0.0.1:7500")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer out.Close()
	in, err := listener.Accept()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer in.Close()
	fmt.Fprint(out, "hello")
	b := make([]byte, 5)
	n, err := in.Read(b)
	fmt.Println(string(b[:n]), err)
	// Output: hello <nil>
}
