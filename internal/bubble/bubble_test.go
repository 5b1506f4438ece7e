package bubble

import (
	"flag"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

var unsafe = flag.Bool("unsafe", false, "run TestTimers as synctest alone would: with -race it crashes")

// TestTimers looks at expired timers from many goroutines at once: what crashes the
// race detector in a bubble with several processors.
func TestTimers(t *testing.T) {
	run := Test
	if *unsafe {
		run = synctest.Test
	}
	for range 20 {
		run(t, func(*testing.T) {
			var done sync.WaitGroup
			look := make(chan struct{})
			for range 8 {
				done.Go(func() { lookAtExpired(200, look) })
			}
			<-time.After(3 * time.Second)
			close(look)
			done.Wait()
		})
	}
}

// lookAtExpired lets n timers expire and looks at them when told to.
func lookAtExpired(n int, told <-chan struct{}) {
	timers := make([]*time.Timer, n)
	for i := range timers {
		timers[i] = time.NewTimer(time.Second)
	}
	<-time.After(2 * time.Second)
	<-told
	for _, timer := range timers {
		select {
		case <-timer.C:
		default:
		}
	}
	time.AfterFunc(time.Second, func() {})
	<-time.After(2 * time.Second)
}

// TestProcessors: as many in a bubble as the detector stands, and as many as before
// when it is over.
func TestProcessors(t *testing.T) {
	before, within := runtime.GOMAXPROCS(0), 0
	Test(t, func(*testing.T) { within = runtime.GOMAXPROCS(0) })
	want := before
	if raced {
		want = 1
	}
	if within != want {
		t.Errorf("%d processors in a bubble, want %d", within, want)
	}
	if after := runtime.GOMAXPROCS(0); after != before {
		t.Errorf("%d processors after the bubble, %d before", after, before)
	}
}
