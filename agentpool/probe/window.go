package probe

import (
	"fmt"
	"math/bits"
	"slices"
	"time"

	"roster"
	"roster/fleet"
)

const (
	// WindowLen is how many outcomes a Window looks back on.
	WindowLen = 64
	// soundMax bounds the answers in a row after which all is well again.
	soundMax = 3
)

// Window is what a member's last probes have come to, in about 300 bytes. The zero Window
// has seen nothing.
type Window struct {
	count        int               // outcomes seen, of all times
	inARow       int               // failures up to the last outcome
	failed, slow uint64            // a bit for each outcome, the last is the lowest
	took         [WindowLen]uint32 // in microseconds
	text         string            // of the last
	fault        string            // of the last that failed
}

// Add takes one outcome more. Answers that took longer than slow are slow; 0: none is.
func (w *Window) Add(o Outcome, slow time.Duration) {
	w.failed, w.slow = w.failed<<1, w.slow<<1
	w.took[w.count%WindowLen] = uint32(min(o.Took.Microseconds(), 1<<32-1))
	w.count++
	w.text = o.Text
	switch {
	case o.Failed:
		w.inARow++
		w.failed |= 1
		w.fault = o.Text
	default:
		w.inARow = 0
		if slow > 0 && o.Took > slow {
			w.slow |= 1
		}
	}
}

// Judge says how a member is, and if it is not well, why, with the figures of the window.
//
//   - critical: at least p.Failures probes in a row have failed.
//   - warning: the last has failed, or was slow; or one of the last p.Failures, three at most,
//     had or was. So what is neither well nor dead stays at warning, instead of changing with
//     each probe.
//   - passing: otherwise, and before anything was seen.
//
// It depends on nothing but w, p and what, which names the probe.
func (w *Window) Judge(p fleet.Probe, what string) roster.Health {
	lately := uint64(1)<<min(max(p.Failures, 1), soundMax) - 1
	bad := (w.failed | w.slow) & lately
	switch {
	case w.inARow > 0 && w.inARow >= p.Failures:
		return w.health(roster.Critical, fmt.Sprintf("%s: %s, %d in a row", what, w.text, w.inARow))
	case w.inARow > 0:
		return w.health(roster.Warning, fmt.Sprintf("%s: %s, %d of %d in a row", what, w.text, w.inARow, p.Failures))
	case w.slow&1 != 0:
		return w.health(roster.Warning, fmt.Sprintf("%s: %s, more than %s", what, w.text, brief(time.Duration(p.Slow))))
	case bad&w.failed != 0:
		return w.health(roster.Warning, fmt.Sprintf("%s: %s, but a moment ago %s", what, w.text, w.fault))
	case bad != 0:
		return w.health(roster.Warning, fmt.Sprintf("%s: %s, but a moment ago slow", what, w.text))
	}
	return roster.Health{State: roster.Passing}
}

func (w *Window) health(state roster.HealthState, why string) roster.Health {
	return roster.Health{State: state, Reason: why + "; " + w.Figures()}
}

// Figures tells the share of the window's probes that passed, and how long those took.
func (w *Window) Figures() string {
	n := min(w.count, WindowLen)
	if n == 0 {
		return "no probe was made"
	}
	passed := w.passed()
	text := fmt.Sprintf("%d %% of the last %d passed", 100*len(passed)/n, n)
	if len(passed) > 0 {
		text += fmt.Sprintf(", p50 %s, p99 %s", brief(rank(passed, 50)), brief(rank(passed, 99)))
	}
	return text
}

// passed returns how long the answers of the window took, the fastest first.
func (w *Window) passed() []time.Duration {
	n := min(w.count, WindowLen)
	out := make([]time.Duration, 0, WindowLen-bits.OnesCount64(w.failed))
	for back := range n {
		if w.failed>>back&1 == 0 {
			out = append(out, time.Duration(w.took[(w.count-1-back)%WindowLen])*time.Microsecond)
		}
	}
	slices.Sort(out)
	return out
}

// rank returns the percentile of sorted durations by the nearest rank.
func rank(sorted []time.Duration, percent int) time.Duration {
	return sorted[(len(sorted)*percent+99)/100-1]
}
