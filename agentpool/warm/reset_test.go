package warm

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"roster"
	"roster/agentpool/warm/canary"
)

// TestResetFails: what was not reset, or too late, or by panicking, is never used again. One
// that hangs keeps its seat, and another is made for the target.
func TestResetFails(t *testing.T) {
	hang := make(chan struct{})
	f := &factory{}
	bad := map[string]func(ctx context.Context) error{
		"error": func(context.Context) error { return errors.New("bad day") },
		"panic": func(context.Context) error { panic("what now") },
		"late":  func(ctx context.Context) error { <-ctx.Done(); return nil },
		"hangs": func(context.Context) error { <-hang; return nil },
	}
	f.reset = func(ctx context.Context, w *worker) error {
		owner := w.owner
		w.forget()
		if fail := bad[owner]; fail != nil {
			return fail(ctx)
		}
		return nil
	}
	pool(t, f, Config[*worker]{Target: 1, Max: 3, ResetWithin: 2 * time.Second}, func(p *Pool[*worker]) {
		hang = make(chan struct{})
		for _, how := range []string{"error", "panic", "late", "hangs"} {
			after(time.Second)
			c := claim(t, p)
			c.Value.use(how)
			c.Release()
			after(time.Minute)
			if s := p.Stats(); f.isClosed(c.Value) != (how != "hangs") || s.Ready != 1 || s.Claimed != 0 {
				t.Errorf("%s: closed %v, %+v", how, f.isClosed(c.Value), s)
			}
		}
		if s := p.Stats(); s.ResetError == nil || s.ResetFailed != 3 || s.Reused != 0 || s.Resetting != 1 {
			t.Errorf("%+v", s)
		}
		a, b := claim(t, p), claim(t, p)
		if _, err := p.Claim(context.Background()); roster.CodeOf(err) != roster.CodeOverloaded {
			t.Errorf("beside one whose reset hangs: %v", err)
		}
		close(hang)
		synctest.Wait()
		claim(t, p).Release()
		a.Release()
		b.Release()
	})
}

// remains uses workers of a pool with this Reset, and returns where the next user finds
// something of one before.
func remains(t *testing.T, forget func(w *worker)) (found []string) {
	f := &factory{reset: func(_ context.Context, w *worker) error { forget(w); return nil }}
	pool(t, f, Config[*worker]{Target: 2, Max: 2}, func(p *Pool[*worker]) {
		var marks []string
		for range 20 {
			after(time.Second)
			c := claim(t, p)
			for _, mark := range marks {
				found = append(found, canary.Find(c.Value, mark)...)
			}
			mark := canary.Mark()
			marks = append(marks, mark)
			c.Value.use(mark)
			c.Release()
		}
		if s := p.Stats(); s.Reused < 15 {
			t.Errorf("hardly any was used again: %+v", s)
		}
	})
	slices.Sort(found)
	return slices.Compact(found)
}

// TestForgets: whoever claims finds nothing of who had the instance before. The controls are
// Resets that forget all but one thing: each of them is found out.
func TestForgets(t *testing.T) {
	if found := remains(t, (*worker).forget); found != nil {
		t.Errorf("kept: %q", found)
	}
	for what, forget := range map[string]func(w *worker){ // order-free: each alone
		"owner":   func(w *worker) { owner := w.owner; w.forget(); w.owner = owner },
		"pages":   func(w *worker) { pages := maps.Clone(w.pages); w.forget(); w.pages = pages },
		"scratch": func(w *worker) { w.owner, w.history = "", nil; clear(w.pages); w.scratch = w.scratch[:0] },
		"history": func(w *worker) { w.owner, w.scratch = "", nil; clear(w.pages); w.history = w.history[:0] },
	} {
		found := remains(t, forget)
		if len(found) == 0 {
			t.Errorf("a Reset that keeps the %s is not found out", what)
		}
		for _, at := range found {
			if !strings.HasPrefix(at, "v."+what) {
				t.Errorf("a Reset that keeps the %s alone: found at %s", what, at)
			}
		}
	}
}
