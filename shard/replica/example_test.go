package replica_test

import (
	"context"
	"fmt"

	"github.com/hashicorp/raft"

	"roster"
	"roster/fsm"
	"roster/fsm/codec"
	"roster/shard/replica"
)

func Example() {
	r := replica.New(1, fsm.New(1), replica.Options{
		OnApply: func(index uint64) { fmt.Println("applied log index", index) },
		OnFault: func(err error) { fmt.Println("stopped:", err) },
	})
	feed, err := r.Feed(0)
	if err != nil {
		fmt.Println(err)
		return
	}

	agent := roster.Agent{ID: "acme/translator"}.Canonical()
	entry, err := codec.AppendEntry(nil, roster.Entry{Shard: 1, Ops: []roster.Op{{Command: roster.Register{Agent: agent}}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	r.Apply(&raft.Log{Index: 7, Term: 1, Type: raft.LogCommand, Data: entry})

	events, at, err := feed.Next(context.Background())
	fmt.Println(events[0].After.ID, at == r.Index(), err)
	// Output:
	// applied log index 7
	// acme/translator true <nil>
}
