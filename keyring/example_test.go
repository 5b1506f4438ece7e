package keyring_test

import (
	"bytes"
	"fmt"

	"roster/keyring"
)

// The key of a cluster is changed on one of its nodes.
func Example() {
	ring, err := keyring.Open("", bytes.Repeat([]byte{1}, keyring.KeyBytes))
	if err != nil {
		fmt.Println(err)
		return
	}
	next := bytes.Repeat([]byte{2}, keyring.KeyBytes)
	before, _ := ring.Prints()
	fmt.Println(ring.Install(next), ring.Remove(before))
	fmt.Println(ring.Use(keyring.Fingerprint(next)), ring.Remove(before))
	_, holds := ring.Prints()
	fmt.Println(len(holds), holds[0] == keyring.Fingerprint(next))
	// Output:
	// <nil> key 354ba02d396a14d3 is in use: use another one first
	// <nil> <nil>
	// 1 true
}
