package access_test

import (
	"fmt"

	"roster/access"
)

func Example() {
	policy, err := access.ParsePolicy("read:team-*", "write:payments", "read:payments")
	fmt.Println(policy, err)
	fmt.Println(policy.Allow(access.Read, "team-a"), policy.Allow(access.Write, "team-a"))
	fmt.Println(policy.Allow(access.Write, "payments"), policy.Allow(access.Read, "payments-eu"))
	_, err = access.ParsePolicy("write:Payments")
	fmt.Println(err)
	// Output:
	// write:payments,read:team-* <nil>
	// true false
	// true false
	// rules: rule "write:Payments": want a namespace, the beginning of some and *, or * for all
}
