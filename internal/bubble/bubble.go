package bubble

import (
	"runtime"
	"testing"
	"testing/synctest"
)

// Test runs f in a bubble of its own, as synctest.Test does.
func Test(t *testing.T, f func(*testing.T)) {
	t.Helper()
	if raced {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	}
	synctest.Test(t, f)
}

// Parallel lets t run beside other tests, where bubbles may: not under the race detector.
// It is called outside of the bubble.
func Parallel(t *testing.T) {
	t.Helper()
	if !raced {
		t.Parallel()
	}
}
