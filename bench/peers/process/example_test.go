package process_test

import (
	"fmt"
	"os"

	"roster/bench/peers/process"
)

// A site ends what it started.
func Example() {
	dir, err := os.MkdirTemp("", "process-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	site := process.NewSite(dir)
	p, err := site.Start("sleeper", "sleep", "600")
	if err != nil {
		panic(err)
	}
	site.Close()
	<-p.Ended()
	fmt.Println(p.CPU())
	// Output: 0s
}
