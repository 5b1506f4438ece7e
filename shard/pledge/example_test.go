package pledge_test

import (
	"fmt"
	"io"

	"github.com/hashicorp/raft"

	"roster/shard/logstore"
	"roster/shard/pledge"
)

// A server voted in term 7 and had entries up to 9 of term 6. Blank, it knows its vote and
// takes part in no election until it has caught up.
func Example() {
	promised := pledge.Pledge{Term: 7, VoteTerm: 7, Vote: []byte("n1"), Index: 9, IndexTerm: 6}
	blank, err := logstore.Open(logstore.Memory, "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer blank.Close()
	snaps := raft.NewInmemSnapshotStore()
	elector, err := pledge.NewElector(promised, blank, snaps)
	fmt.Println(err, promised.Restore(blank), elector.Votes())
	var c raft.Config
	elector.Restrain(&c)
	fmt.Println(c.HeartbeatTimeout)

	for i := range uint64(9) {
		err = blank.StoreLog(&raft.Log{Index: i + 1, Term: 6})
	}
	whole, _ := pledge.NewElector(promised, blank, snaps)
	again, _ := pledge.Of(blank, snaps)
	fmt.Fprintln(io.Discard, err)
	fmt.Println(whole.Votes(), again.Term, string(again.Vote), again.Index)
	// Output:
	// <nil> <nil> false
	// 24h0m0s
	// true 7 n1 9
}
