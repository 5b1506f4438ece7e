package apart_test

import (
	"fmt"
	"runtime"

	"roster/shard/apart"
)

func Example() {
	fmt.Println(apart.Run("it failed", func() error { return nil }))
	fmt.Println(apart.Run("it failed", func() error { panic("no disk") }))
	fmt.Println(apart.Run("it failed", func() error { runtime.Goexit(); return nil }))
	// Output:
	// <nil>
	// it failed: no disk
	// it failed
}
