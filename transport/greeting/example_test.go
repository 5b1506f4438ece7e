package greeting_test

import (
	"fmt"
	"net"

	"roster/transport/greeting"
)

// Two clusters under one name and one key: their nodes refuse one another and say why.
func Example() {
	dialer, acceptor := net.Pipe()
	old := greeting.Party{Node: "a-1", Cluster: "prod", ClusterID: "0123", Key: make([]byte, 32)}
	restored := greeting.Party{Node: "b-1", Cluster: "prod", ClusterID: "4567", Key: make([]byte, 32)}
	go func() {
		_, verdict, _ := restored.Answer(acceptor)
		_, _ = acceptor.Write([]byte{byte(verdict)})
	}()
	_, err := old.Ask(dialer, "10.0.0.2:7500", 3, greeting.Version)
	fmt.Println(err)
	// Output: node b-1 at 10.0.0.2:7500 belongs to the cluster "prod" with id 4567, and this node to that with id 0123: two clusters have one name and one key; a node moves from one to the other only with an empty data directory
}
