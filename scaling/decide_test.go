package scaling

import (
	"strings"
	"testing"
	"time"

	"roster"
)

// watched feeds the same sample for so long, carries out what is decided if it may, and
// returns the decisions that changed something.
func watched(p Policy, s Sample, m *Memory, from time.Time, d time.Duration, carry bool) (all []Decision, count int) {
	for at := time.Duration(0); at <= d; at += tick * time.Millisecond {
		var out Decision
		if out, *m = Decide(p, from.Add(at), s, *m); out.Count != s.Count {
			all = append(all, out)
			if carry {
				s.Count = out.Count
			}
		}
	}
	return all, s.Count
}

var begin = time.UnixMilli(1_000_000)

const span = tick * time.Millisecond

// TestDecisions: what a fleet that is seen so for ten minutes is first told to be, and why.
func TestDecisions(t *testing.T) {
	busy, queue, wait := Policy{Min: 1, Max: 20, Busy: 70}, Policy{Min: 1, Max: 20, Queue: 5}, Policy{Min: 1, Max: 20, Wait: roster.Duration(time.Second)}
	zero := Policy{Max: 20, Busy: 70, Idle: roster.Duration(30 * time.Second)}
	held := func(s Sample, held int) Sample { s.Held = held; return s }
	for name, c := range map[string]struct {
		p      Policy
		s      Sample
		after  time.Duration // how long it takes at least
		count  int           // 0: nothing changes
		reason string
	}{
		"as aimed":              {busy, Sample{Count: 10, Running: 10, Reporting: 10, Busy: 700, Span: span}, 0, 0, ""},
		"within tolerance":      {busy, Sample{Count: 10, Running: 10, Reporting: 10, Busy: 765, Span: span}, 0, 0, ""},
		"beyond it":             {busy, Sample{Count: 10, Running: 10, Reporting: 10, Busy: 800, Span: span}, 0, 12, "busy 80 % of 10 members, aimed at 70: 12"},
		"hot":                   {queue, Sample{Count: 10, Running: 10, Reporting: 10, Busy: 950, Span: span}, 0, 12, "busy 95 % of 10 members for 50 ms, aimed at 80: 12"},
		"hot by what they say":  {queue, Sample{Count: 10, Running: 10, Reporting: 10, Busy: 950}, 0, 12, "busy 95 % of 10 members for 50 ms, aimed at 80: 12"},
		"hot within tolerance":  {Policy{Min: 1, Max: 20, Busy: 90}, Sample{Count: 10, Running: 10, Reporting: 10, Busy: 950, Span: span}, 0, 12, "busy 95 % of 10 members for 50 ms, aimed at 80: 12"},
		"one hot":               {busy, Sample{Count: 1, Running: 1, Reporting: 1, Busy: 75, Span: span}, 0, 0, ""},
		"more on the way":       {busy, Sample{Count: 14, Running: 10, Reporting: 10, Busy: 950, Span: span}, 0, 0, ""},
		"at most twice":         {queue, Sample{Count: 4, Running: 4, Reporting: 4, Waiting: 100}, 0, 8, "100 messages wait for 4 members, aimed at 5 for each: 20, for now 8"},
		"twice what runs":       {queue, Sample{Count: 8, Running: 4, Reporting: 4, Waiting: 100}, 0, 0, ""},
		"at most":               {queue, Sample{Count: 15, Running: 15, Reporting: 15, Waiting: 500}, 0, 20, "500 messages wait for 15 members, aimed at 5 for each: 100, for now 20"},
		"half of them answer":   {queue, Sample{Count: 10, Running: 10, Reporting: 5, Silent: 1, Waiting: 40}, 0, 16, "80 messages wait"},
		"long waits":            {wait, Sample{Count: 4, Running: 4, Reporting: 4, Oldest: 6 * time.Second}, 0, 6, "messages have waited 1500 ms for 4 members, aimed at 1000: 6"},
		"calm":                  {busy, Sample{Count: 10, Running: 10, Reporting: 10, Busy: 200, Span: span}, time.Minute, 3, "busy 20 % of 10 members, aimed at 70: 3, and no more for 1m0s"},
		"calm, but not known":   {busy, Sample{Count: 10, Running: 10, Reporting: 9, Silent: 1, Busy: 180, Span: span}, 0, 0, ""},
		"calm, but for one":     {busy, held(Sample{Count: 10, Running: 10, Reporting: 10, Busy: 200, Span: span}, 8), time.Minute, 8, "busy 20 % of 10 members, aimed at 70: 3, for now 8, and no more for 1m0s"},
		"no queue, but at work": {queue, Sample{Count: 10, Running: 10, Reporting: 10, Busy: 560, Span: span}, time.Minute, 7, "busy 56 % of 10 members, at most 80: 7"},
		"nothing to do":         {zero, Sample{Count: 3, Running: 3, Reporting: 3, Span: span}, 30 * time.Second, 0, "nothing to do for 30s: 0"},
		"too few":               {busy, Sample{}, 0, 1, "at least 1: 1"},
		"too many":              {busy, Sample{Count: 30, Running: 30, Reporting: 30, Busy: 3000}, 0, 20, "at most 20: 20"},
		"asleep":                {zero, Sample{}, 0, 0, ""},
		"nobody answers":        {zero, Sample{Count: 3, Running: 3, Silent: 2}, 0, 0, ""},
	} {
		var m Memory
		early, _ := watched(c.p, c.s, &m, begin, c.after-2*span, false)
		all, _ := watched(c.p, c.s, &m, begin.Add(c.after-span), 10*time.Minute, false)
		switch {
		case c.reason == "" && len(all) > 0:
			t.Errorf("%s: %v, want nothing", name, all[0])
		case c.reason == "":
		case c.after > 0 && len(early) > 0:
			t.Errorf("%s: %v before %v are over", name, early[0], c.after)
		case len(all) == 0 || all[0].Count != c.count || !strings.HasPrefix(all[0].Reason, c.reason):
			t.Errorf("%s: %v, want %d: %s", name, all[:min(1, len(all))], c.count, c.reason)
		}
	}
}

// TestLulls: lulls that are shorter than the window take nobody away, and a fleet that grows
// again soon after it has shrunk waits longer the next time.
func TestLulls(t *testing.T) {
	p := Policy{Min: 1, Max: 20, Busy: 70, Down: roster.Duration(10 * time.Second)}
	var m Memory
	at, count := begin, 10
	shrunk := func(lull time.Duration) (n int) {
		for range 20 {
			for _, x := range []struct {
				load int
				d    time.Duration
			}{{700, 3 * time.Second}, {100, lull}} {
				before := count
				_, count = watched(p, Sample{Count: count, Span: span, Busy: x.load, Running: 10, Reporting: 10}, &m, at, x.d, true)
				at = at.Add(x.d + span)
				if count < before {
					n++
				}
			}
		}
		return n
	}
	if n := shrunk(8 * time.Second); n != 0 {
		t.Errorf("it shrinks in %d of 20 lulls of 8 s", n)
	}
	if n := shrunk(14 * time.Second); n < 1 || n > 2 {
		t.Errorf("it shrinks in %d of 20 lulls of 14 s: want it to learn", n)
	}
}

// TestUp: after a change a fleet grows again when Up is over.
func TestUp(t *testing.T) {
	p := Policy{Min: 1, Max: 100, Queue: 1, Up: roster.Duration(5 * time.Second)}
	var m Memory
	s := Sample{Count: 4, Running: 4, Reporting: 4, Waiting: 50}
	d, m := Decide(p, begin.Add(5*time.Second), s, m)
	if d.Count != 8 {
		t.Fatalf("%v", d)
	}
	s = Sample{Count: 8, Running: 8, Reporting: 8, Waiting: 50}
	if d, m = Decide(p, begin.Add(9*time.Second), s, m); d.Count != 8 {
		t.Errorf("%v before Up was over", d)
	}
	if d, _ = Decide(p, begin.Add(10*time.Second), s, m); d.Count != 16 {
		t.Errorf("%v after Up", d)
	}
}

// TestByHand: what somebody else has set holds for a window.
func TestByHand(t *testing.T) {
	p := Policy{Min: 1, Max: 20, Busy: 70, Down: roster.Duration(10 * time.Second)}
	var m Memory
	s := Sample{Count: 2, Running: 2, Reporting: 2, Busy: 100, Span: span}
	if all, _ := watched(p, s, &m, begin, time.Minute, true); len(all) > 0 {
		t.Fatal(all)
	}
	s = Sample{Count: 15, Running: 15, Reporting: 15, Busy: 100, Span: span}
	if all, _ := watched(p, s, &m, begin.Add(time.Minute), 9*time.Second, true); len(all) > 0 {
		t.Errorf("%v within the window", all)
	}
	if _, count := watched(p, s, &m, begin.Add(70*time.Second), 10*time.Second, true); count != 2 {
		t.Errorf("%d members, want 2", count)
	}
}
