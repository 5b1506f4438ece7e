package frontier_test

import (
	"fmt"

	"roster/internal/platter"
	"roster/shard/logstore/wal/frontier"
)

func Example() {
	disk := platter.New(1)
	var f frontier.Frontier
	fmt.Println(f.Create(disk.FS(), 1), f.Set(9))
	disk.PowerCut()
	var g frontier.Frontier
	fmt.Println(g.Open(disk.FS(), 1), g.Number())
	// Output:
	// <nil> <nil>
	// <nil> 9
}
