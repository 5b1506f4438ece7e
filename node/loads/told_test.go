package loads_test

import (
	"testing"

	"roster/node/loads"
	"roster/placement"
)

// TestToldHasNoMadeUpBound: what stands for no bound in a plan is not shown to people.
func TestToldHasNoMadeUpBound(t *testing.T) {
	for memory, want := range map[int64]int64{loads.Unbound: 0, 1 << 30: 1 << 30} {
		l := loads.Load{Total: placement.Resources{CPU: 2000, Memory: memory}}
		if got := l.Told("n1"); got.Total.Memory != want || got.Total.CPU != 2000 || l.Total.Memory != memory {
			t.Errorf("%d bytes are told as %+v", memory, got.Total)
		}
	}
}
