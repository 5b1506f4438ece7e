package system_test

import (
	"fmt"
	"os"

	"roster/bench/peers/process"
	"roster/bench/peers/system"
)

// A system says how one may speak to it, the way that counts first.
func Example() {
	dir, err := os.MkdirTemp("", "system-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	site := process.NewSite(dir)
	defer site.Close()
	fmt.Println(system.NewRoster(site, "roster", "1.0").Stores())
	// Output: [roster roster/16 roster/client]
}
