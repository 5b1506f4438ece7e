package offline_test

import (
	"fmt"
	"os"

	"roster"
	"roster/fsm"
	"roster/shard/logstore"
	"roster/shard/offline"
)

// What is planted is what a replay finds.
func Example() {
	dir, err := os.MkdirTemp("", "offline")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	files, err := offline.Open(dir, logstore.Shared)
	if err != nil {
		fmt.Println(err)
		return
	}
	m := fsm.New(3)
	m.Apply(roster.Entry{Shard: 3, Ops: []roster.Op{{Command: roster.Register{Agent: roster.Agent{ID: "demo/a"}}}}})
	fmt.Println(files.Plant(3, m.View().Snapshot(), "n1-00000001"))
	again, last, err := files.Replay(3)
	fmt.Println(again.View().Digest() == m.View().Digest(), last, err)
	fmt.Println(files.Close())
	// Output:
	// <nil>
	// true term 1, index 1 <nil>
	// <nil>
}
