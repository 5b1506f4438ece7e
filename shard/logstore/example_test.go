package logstore_test

import (
	"fmt"

	"github.com/hashicorp/raft"

	"roster/shard/logstore"
)

func Example() {
	store, err := logstore.Open(logstore.Memory, "")
	if err != nil {
		fmt.Println(err)
		return
	}
	log := logstore.Watch(store, logstore.Options{
		OnFault: func(err error) { fmt.Println("stop the shard:", err) },
	})
	defer log.Close()

	if err := log.StoreLog(&raft.Log{Index: 1, Term: 1, Data: []byte("register")}); err != nil {
		fmt.Println(err)
	}
	var entry raft.Log
	if err := log.GetLog(1, &entry); err != nil {
		fmt.Println(err)
	}
	fmt.Println(string(entry.Data))
	// Output: register
}
