package check_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"roster"
	"roster/internal/bubble"
	"roster/loadgen/check"
)

// clean fails the test unless v looked at something and found nothing wrong.
func clean(t *testing.T, v check.Verdict) {
	t.Helper()
	if v.Checked == 0 || v.Violations != 0 {
		t.Errorf("%+v: want something checked and nothing wrong", v)
	}
}

// found fails the test unless v has so many violations, the first of which holds words.
func found(t *testing.T, v check.Verdict, count uint64, words string) {
	t.Helper()
	if v.Violations != count || len(v.Samples) == 0 || !strings.Contains(v.Samples[0], words) {
		t.Errorf("%+v: want %d violations with %q", v, count, words)
	}
}

func TestRevisionsGoBack(t *testing.T) {
	r := check.NewRevisions()
	first := r.Begin("node1", "a/b") // two reads begin together and end in any order
	r.Seen("node1", "a/b", first, 9)
	r.Seen("node1", "a/b", first, 7)
	r.Seen("node2", "a/b", r.Begin("node2", "a/b"), 3) // another replica may be behind
	clean(t, r.Verdict())
	r.Seen("node1", "a/b", r.Begin("node1", "a/b"), 8)
	found(t, r.Verdict(), 1, "revision 8 after 9")
}

func TestAcknowledgedWritesAreLost(t *testing.T) {
	a := check.NewAcknowledged()
	a.Wrote("a/kept", 9)
	a.Wrote("a/kept", 5) // acknowledged later, but older
	a.Wrote("a/removed", 3)
	a.Removed("a/removed", 8)
	a.Wrote("a/doubtful", 4)
	a.Failed("a/doubtful", roster.Errorf(roster.CodeUnknown, "who knows"))
	a.Failed("a/refused", roster.Errorf(roster.CodeOverloaded, "full"))
	a.Found("n", "a/kept", 9)
	a.Found("n", "a/removed", 0)
	a.Found("n", "a/doubtful", 7)
	clean(t, a.Verdict())
	for i, planted := range []struct {
		id       roster.AgentID
		revision roster.Index
		words    string
	}{
		{"a/kept", 0, "does not have it"}, {"a/kept", 5, "has only 5"}, {"a/kept", 10, "nobody asked for"},
		{"a/removed", 3, "removed by 8"}, {"a/doubtful", 3, "has only 3"},
	} {
		a.Found("n", planted.id, planted.revision)
		if v := a.Verdict(); v.Violations != uint64(i+1) || !strings.Contains(v.Samples[i], planted.words) {
			t.Errorf("%s at %d: %+v: want %q", planted.id, planted.revision, v, planted.words)
		}
	}
	if got := len(a.Agents()); got != 3 {
		t.Errorf("%d agents known; want 3, without the one that was refused", got)
	}
}

// pass lets a millisecond of the bubble's time go by.
func pass() { <-time.After(time.Millisecond) }

func TestRegistersAreNotLinearizable(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		history := func(last string) *check.Registers {
			r := check.NewRegisters()
			for i := range 50 {
				began := r.Now()
				pass()
				r.Wrote("a/b", fmt.Sprint(i), began, nil)
				pass()
				r.Read("a/b", fmt.Sprint(i), began) // the read spans the write
			}
			began := r.Now()
			r.Wrote("a/b", "lost", began, roster.Errorf(roster.CodeUnknown, "who knows"))
			r.Wrote("a/b", "refused", began, roster.Errorf(roster.CodeOverloaded, "full"))
			pass()
			began = r.Now()
			pass()
			r.Read("a/b", last, began)
			return r
		}
		clean(t, history("49").Verdict())
		clean(t, history("lost").Verdict())
		found(t, history("48").Verdict(), 1, "no order explains")
		found(t, history("refused").Verdict(), 1, "no order explains")
	})
}

func TestWatchIsOutOfOrder(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		o := check.NewOrder()
		o.Told("a/b", 1) // the event may come before the answer
		o.Wrote("a/b", 1)
		o.Wrote("a/b", 2)
		go o.Told("a/b", 2)
		o.Await(t.Context())
		clean(t, o.Verdict())

		o.Told("a/b", 2)
		found(t, o.Verdict(), 1, "told twice")
		o.Told("a/c", 9)
		o.Told("a/c", 8)
		o.Wrote("a/d", 10)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		o.Await(ctx)
		v := o.Verdict()
		if v.Violations != 3 || !strings.Contains(v.Samples[1], "8 was told after 9") || !strings.Contains(v.Samples[2], "never told") {
			t.Errorf("%+v: want one told twice, one out of order, one gap", v)
		}
		o.Wrote("a/e", 11)
		o.Broken(roster.Errorf(roster.CodeGone, "too slow"))
		o.Await(t.Context()) // a cut that was told is no gap
	})
}

func TestTokenShowsTooLittle(t *testing.T) {
	var tokens check.Tokens
	tokens.Read("a/b", 5, 5)
	tokens.Read("a/b", 5, 7)
	clean(t, tokens.Verdict())
	tokens.Read("a/b", 5, 4)
	found(t, tokens.Verdict(), 1, "showed 4")
}

func TestSessionEndsBeforeItsTime(t *testing.T) {
	var lives check.Lives
	lives.Kept()
	lives.Ended("s1", 16*time.Second, 15*time.Second) // the generator's own fault
	clean(t, lives.Verdict())
	if note := lives.Verdict().Note; !strings.Contains(note, "1 sessions ended") {
		t.Errorf("note %q: want the late renewal told", note)
	}
	lives.Ended("s1", 14*time.Second, 15*time.Second)
	found(t, lives.Verdict(), 1, "session s1")
}
