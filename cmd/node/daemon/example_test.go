package daemon_test

import (
	"encoding/base64"
	"fmt"

	"roster/cmd/node/daemon"
)

func Example() {
	key, err := daemon.ParseKey(base64.StdEncoding.EncodeToString(daemon.NewKey()))
	fmt.Println(len(key), err)
	_, err = daemon.ParseKey("secret")
	fmt.Println(err)
	// Output:
	// 32 <nil>
	// not base64: make a key with: roster keygen
}
