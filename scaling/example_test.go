package scaling_test

import (
	"fmt"
	"time"

	"roster/scaling"
)

func ExamplePolicy() {
	fmt.Println(scaling.Policy{Min: 1, Max: 50, Queue: 10}.Validate())
	fmt.Println(scaling.Policy{Min: 1, Max: 50}.Validate())
	fmt.Println(scaling.Policy{Min: 5, Max: 2, Queue: 10}.Validate())
	// Output:
	// <nil>
	// scaling: nothing is aimed at: want queue, busy or wait
	// scaling.max: 2 members: want 5 to 10000
}

func ExampleDecide() {
	policy := scaling.Policy{Min: 1, Max: 50, Busy: 70}
	now := time.UnixMilli(0)
	seen := scaling.Sample{Count: 10, Running: 10, Reporting: 10, Busy: 950, Span: 50 * time.Millisecond}
	d, memory := scaling.Decide(policy, now, seen, scaling.Memory{})
	fmt.Println(d.Count, d.Reason)

	now, seen.Count, seen.Running, seen.Reporting = now.Add(time.Second), 14, 14, 14
	d, _ = scaling.Decide(policy, now, seen, memory)
	fmt.Println(d.Count, d.Reason == "")
	// Output:
	// 14 busy 95 % of 10 members for 50 ms, aimed at 70: 14
	// 14 true
}
