package line

import (
	"context"
	"testing"

	"roster"
)

// TestLate: who had begun to enter when the line was closed, and hears of it late, does not
// come in, though there is room by then.
func TestLate(t *testing.T) {
	for range 1000 {
		l := New("it", 1, 1)
		if err := l.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		if err := l.turn(context.Background()); roster.CodeOf(err) != roster.CodeUnavailable {
			t.Fatal(err)
		}
	}
}
