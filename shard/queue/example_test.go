package queue_test

import (
	"fmt"
	"time"

	"roster"
	"roster/fsm/codec"
	"roster/shard/queue"
)

// A caller hands over a parcel and waits; the one who proposes takes an entry of what
// waits and answers it.
func Example() {
	op, err := codec.Encode(roster.Op{Command: roster.Deregister{ID: "demo/a"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	q := queue.New()
	p := queue.NewParcel(op, op)
	now := time.Unix(0, 0)
	full, _ := q.Join(p, now)
	entry, late := q.Take(now)
	fmt.Println(full, len(entry), len(late))
	for i, w := range entry {
		w.Answer(roster.Result{Index: roster.Index(i + 1)}, nil)
	}
	<-p.Done()
	result, err, _ := p.Write(1).Outcome()
	fmt.Println(result.Index, err)
	// Output:
	// 0 2 0
	// 2 <nil>
}
