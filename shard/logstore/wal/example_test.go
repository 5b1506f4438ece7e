package wal_test

import (
	"fmt"

	"github.com/hashicorp/raft"

	"roster/internal/platter"
	"roster/shard/logstore/wal"
)

func Example() {
	disk := platter.New(1)
	log, err := wal.Open(disk.FS(), wal.Options{SegmentBytes: 64 << 10})
	if err != nil {
		fmt.Println(err)
		return
	}
	group, err := log.Group(7)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(group.StoreLog(&raft.Log{Index: 1, Term: 1, Data: []byte("register")}))
	disk.PowerCut() // the log hears of it with its next write

	log, err = wal.Open(disk.FS(), wal.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer log.Close()
	if group, err = log.Group(7); err != nil {
		fmt.Println(err)
		return
	}
	var entry raft.Log
	fmt.Println(group.GetLog(1, &entry), string(entry.Data))
	// Output:
	// <nil>
	// <nil> register
}
