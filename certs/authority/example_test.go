package authority_test

import (
	"fmt"
	"time"

	"roster/certs"
	"roster/certs/authority"
)

func Example() {
	now := time.Now()
	ca, err := authority.New("prod", now, now.AddDate(10, 0, 0))
	if err != nil {
		fmt.Println(err)
		return
	}
	a, err := authority.Parse(ca)
	if err != nil {
		fmt.Println(err)
		return
	}
	who := certs.Identity{Cluster: a.Cluster(), Role: certs.RoleNode, Name: "n1"}
	node, err := a.Issue(authority.Leaf{Identity: who, Hosts: []string{"n1.example", "10.0.0.1"}, From: now, Until: now.AddDate(1, 0, 0)})
	fmt.Println(who, len(node.Cert) > 0, len(node.Key) > 0, err)
	// Output: spiffe://prod/node/n1 true true <nil>
}
