package replica_test

import (
	"testing"
	"time"

	"roster"
	"roster/shard/replica"
)

func TestClockNeverJumpsNorTurnsBack(t *testing.T) {
	start := time.Unix(1000, 0)
	c := replica.NewClock(roster.LogTime(time.Minute), start)
	last := roster.LogTime(time.Minute)
	for _, step := range []struct{ now, want time.Duration }{
		{time.Second, time.Second},
		{0, time.Second},                                         // a clock that turns back moves nothing
		{time.Hour, time.Second + 5*time.Second},                 // the rest of a long silence is dropped
		{time.Hour + 2*time.Second, time.Second + 7*time.Second}, // and stays dropped
		{2 * time.Hour, time.Second + 7*time.Second + 5*time.Second},
	} {
		at := c.Stamp(start.Add(step.now))
		if want := roster.LogTime(time.Minute + step.want); at != want || at < last {
			t.Fatalf("at %v: log time %v, want %v", step.now, time.Duration(at), time.Duration(want))
		}
		last = at
	}
}
