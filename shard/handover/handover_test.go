package handover_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"roster/internal/bubble"
	"roster/shard/handover"
)

func Example() {
	ctx := context.Background()
	h := handover.New()
	free, err := h.Take(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	end := h.Begin()
	end()
	free()
	h.Wait(ctx) // nobody hands over: an entry may go
	fmt.Println("free")
	// Output: free
}

// TestOneAtATime: the second waits for the first, or for as long as it may.
func TestOneAtATime(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		h := handover.New()
		free, err := h.Take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		short, cancel := context.WithTimeout(t.Context(), 1)
		defer cancel()
		if _, err := h.Take(short); err == nil {
			t.Fatal("two changes at a time")
		}
		free()
		if free, err = h.Take(t.Context()); err != nil {
			t.Fatal(err)
		}
		free()
	})
}

// TestEntriesWait: from Begin to end, and no longer than their context.
func TestEntriesWait(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		h := handover.New()
		end := h.Begin()
		short, cancel := context.WithTimeout(t.Context(), 1)
		defer cancel()
		h.Wait(short)
		if short.Err() == nil {
			t.Fatal("an entry did not wait")
		}
		end()
		h.Wait(t.Context())
	})
}

func TestStuckOnlyInOnePiece(t *testing.T) {
	h, start := handover.New(), time.Unix(0, 0)
	for i, step := range []struct {
		after         time.Duration
		blocked, want bool
	}{{0, true, false}, {time.Second, true, false}, {2 * time.Second, false, false}, {3 * time.Second, true, false},
		{5 * time.Second, true, false}, {6 * time.Second, true, true}} {
		if got := h.Stuck(step.blocked, start.Add(step.after), 2*time.Second); got != step.want {
			t.Errorf("step %d: %v", i, got)
		}
	}
}
