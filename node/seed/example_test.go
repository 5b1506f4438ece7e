package seed_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"roster"
	"roster/backup"
	"roster/fsm"
	"roster/node/seed"
)

// The archive of a cluster with no shard but its own becomes a directory.
func Example() {
	dir, err := os.MkdirTemp("", "seed")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	old := fsm.New(roster.SystemShard)
	chart := roster.ClusterMap{Cluster: "prod", ClusterID: "old", Slots: make([]roster.ShardID, roster.SlotCount), Shards: []roster.ShardVoters{{ID: 0, Voters: []roster.NodeID{"a-00000001"}}}}
	old.Apply(roster.Entry{Ops: []roster.Op{{Command: roster.SetMap{Map: chart}}}})
	var file bytes.Buffer
	if err := backup.Write(&file, backup.Manifest{}, []backup.Part{{State: old.View().Snapshot()}}); err != nil {
		fmt.Println(err)
		return
	}
	archive, err := backup.Read(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		fmt.Println(err)
		return
	}
	c := seed.Config{Dir: filepath.Join(dir, "a"), Name: "a", Cluster: "prod-2", Store: "shared"}
	result, err := seed.Restore(c, archive)
	fmt.Println(result.Cluster, result.ClusterID != "old", result.Shards[0].Lifted > fsm.LiftStep, err)
	_, err = seed.Restore(c, archive)
	fmt.Println(roster.CodeOf(err))
	// Output:
	// prod-2 true true <nil>
	// Conflict
}
