package tokens_test

import (
	"fmt"

	"roster"
	"roster/access"
	"roster/node/router"
	"roster/node/tokens"
	"roster/shard"
)

// A node that has not met its cluster knows the root token alone.
func Example() {
	r := router.New(router.Config{Self: "n-1", Groups: func(roster.ShardID) (*shard.Group, bool) { return nil, false }})
	defer r.Close()
	root, other := access.NewSecret([access.SecretBytes]byte{1}), access.NewSecret([access.SecretBytes]byte{2})
	issuer := tokens.New(r, access.Hash(root))
	caller, err := issuer.Recognise(root)
	fmt.Println(caller.Principal, caller.Policy, err)
	_, err = issuer.Recognise(other)
	fmt.Println(roster.CodeOf(err))
	_, err = issuer.Recognise("please")
	fmt.Println(roster.CodeOf(err))
	// Output:
	// root admin <nil>
	// Unavailable
	// Denied
}
