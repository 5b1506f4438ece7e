package trail_test

import (
	"context"
	"fmt"

	"github.com/hashicorp/raft"

	"roster/shard/trail"
)

// While a follower installs the snapshot at 50, compaction up to 90 stops before it.
func Example() {
	t := trail.New(trail.Options{Trailing: 10, Follower: func(raft.ServerID) (uint64, bool) { return 0, true }})
	log := t.Over(raft.NewInmemStore())
	for i := uint64(1); i <= 100; i++ {
		_ = log.StoreLog(&raft.Log{Index: i})
	}
	err := t.Install(context.Background(), "follower", 50, func() error {
		_ = log.DeleteRange(1, 90)
		return nil
	})
	first, _ := log.FirstIndex()
	fmt.Println(first, err, t.Figures().Installs)
	// Output:
	// 50 <nil> 1
}
