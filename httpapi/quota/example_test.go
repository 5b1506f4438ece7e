package quota_test

import (
	"fmt"
	"time"

	"roster/httpapi/quota"
)

// A caller may ask twice at once, and then once a second.
func Example() {
	now := time.Unix(0, 0)
	q := quota.New(quota.Limits{Rate: 1, Burst: 2}, func() time.Time { return now }, nil)
	for range 3 {
		_, err := q.Enter("5f3a")
		fmt.Println(err)
	}
	// Output:
	// <nil>
	// <nil>
	// this token has asked this node too often: come back when Retry-After says
}
