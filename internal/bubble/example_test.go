package bubble_test

import (
	"flag"
	"fmt"
	"testing"
	"time"

	"roster/internal/bubble"
)

// TestHour waits an hour, and takes no time for it.
func TestHour(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		start := time.Now()
		<-time.After(time.Hour)
		if d := time.Since(start); d != time.Hour {
			t.Errorf("an hour took %v of virtual time", d)
		}
	})
}

// Clocks in a bubble begin at midnight of the year 2000. go test passes the t, which
// stands here for one that is at hand in every test.
func Example() {
	clock := func(*testing.T) { fmt.Println(time.Now().UTC().Format(time.DateOnly)) }
	defer quietly()()
	tests := []testing.InternalTest{{Name: "clock", F: func(t *testing.T) { bubble.Test(t, clock) }}}
	fmt.Println(testing.RunTests(func(_, _ string) (bool, error) { return true, nil }, tests))
	// Output:
	// 2000-01-01
	// true
}

// quietly keeps a test that runs once more within -v and -count from telling of itself.
func quietly() (restore func()) {
	v, count := flag.Lookup("test.v").Value, flag.Lookup("test.count").Value
	loud, times := v.String(), count.String()
	_, _ = v.Set("false"), count.Set("1")
	return func() { _, _ = v.Set(loud), count.Set(times) }
}
