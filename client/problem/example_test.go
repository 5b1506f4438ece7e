package problem_test

import (
	"fmt"
	"net/http"

	"roster/client/problem"
)

func ExampleOf() {
	h := http.Header{"Content-Type": {"application/problem+json"}, "Retry-After": {"2"}}
	e, ok := problem.Of(h, []byte(`{"code":"Overloaded","status":429,"detail":"the queue is full"}`))
	fmt.Println(e, e.RetryAfter, ok)
	_, ok = problem.Of(http.Header{"Content-Type": {"text/html"}}, []byte("<h1>502</h1>"))
	fmt.Println(ok)
	// Output:
	// the queue is full 2s true
	// false
}
