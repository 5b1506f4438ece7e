package replica

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"roster"
	"roster/internal/bubble"
)

func event(i roster.Index, text int) roster.Event {
	return roster.Event{Index: i, Type: roster.EventAgent, After: &roster.Record{Agent: roster.Agent{Description: strings.Repeat("x", text)}}}
}

func result(i roster.Index, events ...roster.Event) []roster.Result {
	return []roster.Result{{Index: i, Events: events}}
}

func TestFeedKeepsWholeIndexes(t *testing.T) {
	f := newFeed(1)
	f.publish(append(result(1, event(1, 0), event(1, 0)), result(1, event(1, 0))...), 1)
	f.publish(result(2), 2)
	f.publish(result(3, event(3, 0)), 3)
	r, err := f.open(0)
	must(t, err)
	events, at, err := r.Next(t.Context())
	if err != nil || len(events) != 4 || at != 3 {
		t.Errorf("%d events up to %d, %v", len(events), at, err)
	}
}

func TestSlowReaderIsGone(t *testing.T) {
	f := newFeed(1)
	slow, err := f.open(0)
	must(t, err)
	text := 1 << 20
	for i := roster.Index(1); i <= 40; i++ {
		f.publish(result(i, event(i, text)), i)
	}
	_, _, err = slow.Next(t.Context())
	gone, ok := errors.AsType[*roster.Error](err)
	if !ok || gone.Code != roster.CodeGone || gone.Index == 0 || gone.Index >= 40 {
		t.Fatalf("slow reader: %v", err)
	}
	if _, err := f.open(gone.Index - 1); roster.CodeOf(err) != roster.CodeGone {
		t.Errorf("opened before what is kept: %v", err)
	}
	r, err := f.open(gone.Index)
	must(t, err)
	events, at, err := r.Next(t.Context())
	if err != nil || at != 40 || len(events) != int(40-gone.Index) {
		t.Errorf("%d events up to %d, %v", len(events), at, err)
	}
}

// TestQuietReaderStays: who has read everything is not slow, however long nothing of
// interest happens.
func TestQuietReaderStays(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		f := newFeed(1)
		r, err := f.open(0)
		must(t, err)
		type step struct {
			at  roster.Index
			err error
		}
		got := make(chan step)
		go func() {
			for range 2 {
				_, at, err := r.Next(t.Context())
				got <- step{at, err}
			}
		}()
		for i := roster.Index(1); i <= 100; i++ {
			f.publish(result(i), i)
		}
		synctest.Wait()
		f.publish(result(101, event(101, 0)), 101)
		if s := <-got; s.err != nil || s.at != 101 {
			t.Errorf("read up to %d, %v", s.at, s.err)
		}
		f.restart(200)
		if s := <-got; roster.CodeOf(s.err) != roster.CodeGone {
			t.Errorf("a restart is a gap, but Next: %v", s.err)
		}
	})
}

func TestReaderAheadWaits(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		f := newFeed(1)
		r, err := f.open(5)
		must(t, err)
		f.publish(result(5, event(5, 0)), 5)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if events, _, err := r.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%d events, %v", len(events), err)
		}
		f.close()
		if _, _, err := r.Next(t.Context()); roster.CodeOf(err) != roster.CodeUnavailable {
			t.Errorf("after close: %v", err)
		}
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
