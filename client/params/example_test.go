package params_test

import (
	"fmt"
	"time"

	"roster"
	"roster/client/params"
)

func Example() {
	q := roster.Query{Capabilities: []string{"translate"}, Limit: 10}
	v := params.Of(q)
	params.Page(v, q)
	params.Read(v, roster.Read{MaxAge: time.Second})
	fmt.Println(v.Encode())
	// Output: capability=translate&limit=10&max_age=1s
}
