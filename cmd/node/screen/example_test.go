package screen_test

import (
	"fmt"
	"os"

	"roster/cmd/node/screen"
)

func Example() {
	table := func() *screen.Table {
		t := &screen.Table{Head: []string{"AGENT", "HEALTH"}}
		t.Add("demo/coder-1", "passing")
		return t
	}
	if err := screen.Show(os.Stdout, screen.AsTable, false, "unused", table); err != nil {
		fmt.Println(err)
	}
	fmt.Println(screen.Nearest("membrs", []string{"members", "shards"}))
	// Output:
	// AGENT         HEALTH
	// demo/coder-1  passing
	// members
}
