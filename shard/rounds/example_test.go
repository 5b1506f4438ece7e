package rounds_test

import (
	"context"
	"fmt"

	"roster"
	"roster/shard/rounds"
)

func Example() {
	asked := make(chan struct{})
	exchanges := roster.Index(0)
	r := rounds.New(func(context.Context) (roster.Index, error) {
		exchanges++
		<-asked
		return exchanges, nil
	})
	defer r.Close()
	first := r.Join()
	for first == r.Join() { // until its exchange has begun
	}
	a, b := r.Join(), r.Join() // two ask while it is under way
	close(asked)
	for _, round := range []*rounds.Round{first, a, b} {
		<-round.Done()
		fmt.Println(round.Answer())
	}
	// Output:
	// 1 <nil>
	// 2 <nil>
	// 2 <nil>
}
