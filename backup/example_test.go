package backup_test

import (
	"bytes"
	"fmt"

	"roster/backup"
	"roster/fsm"
)

func Example() {
	state := fsm.New(0).View().Snapshot()
	var archive bytes.Buffer
	err := backup.Write(&archive, backup.Manifest{Cluster: "prod"}, []backup.Part{{Shard: backup.Shard{ID: 0, Index: state.Index()}, State: state}})
	fmt.Println(err)

	whole := archive.Bytes()
	a, err := backup.Read(bytes.NewReader(whole), int64(len(whole)))
	fmt.Println(a.Cluster, len(a.Shards), fsm.New(0).Restore(a.State(0)), err)

	whole[700] ^= 1
	_, err = backup.Read(bytes.NewReader(whole), int64(len(whole)))
	fmt.Println(err)
	// Output:
	// <nil>
	// prod 1 <nil> <nil>
	// archive refused: what it holds does not have the digest that it says: it was cut off or changed: the archive is not whole
}
