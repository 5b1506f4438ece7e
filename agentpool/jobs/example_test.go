package jobs_test

import (
	"context"
	"fmt"

	"roster"
	"roster/agentpool/jobs"
)

func Example() {
	ctx := context.Background()
	pool := jobs.New(jobs.Config{Workers: 1, Queue: 1})

	fmt.Println(pool.Do(ctx, func(context.Context) error { panic("no such page") }))

	read := make(chan struct{})
	slow, _ := pool.Try(ctx, func(context.Context) error { <-read; return nil })
	_, _ = pool.Try(ctx, func(context.Context) error { return nil })
	_, err := pool.Try(ctx, func(context.Context) error { return nil })
	fmt.Println(roster.CodeOf(err))

	close(read)
	fmt.Println(slow.Err(), pool.Close(ctx))
	// Output:
	// panic: no such page
	// Overloaded
	// <nil> <nil>
}
