package scaling

import (
	"fmt"
	"time"
)

const (
	// Hot is the share of their time, in percent, above which members that work have a fleet
	// grow, whatever it aims at.
	Hot = 90
	// Calm is the share of their time that members may work, in percent, for the fleet to
	// shrink: so far below Hot that it does not grow again for that.
	Calm = 80
	// HotFor is for how long a fleet must have been hot.
	HotFor = 40 * time.Millisecond
	// HotWork is for how much time of its members together it must have been: a few that are
	// busy at the same moment are chance.
	HotWork = 400 * time.Millisecond
	// doubt times as long it takes for one that has shrunk lately, because it was calm.
	doubt = 5
)

// Decision is how many members a fleet is to have. Without a Reason nothing is to change.
type Decision struct {
	Count  int
	Reason string // the figures that it follows from
}

// Decide says how many members a fleet is to have, and what to remember.
func Decide(p Policy, now time.Time, s Sample, m Memory) (Decision, Memory) {
	p = p.Filled()
	m = m.see(&p, now, &s)
	d := Decision{Count: s.Count}
	switch {
	case s.Count < p.Min:
		d = Decision{p.Min, fmt.Sprintf("at least %d: %d", p.Min, p.Min)}
	case s.Count > p.Max:
		d = Decision{p.Max, fmt.Sprintf("at most %d: %d", p.Max, p.Max)}
	case s.Count == 0 || s.Reporting == 0: // nothing is known; a message wakes who sleeps
	default:
		var w wish
		w, m = want(&p, now, &s, m)
		d = bounded(&p, now, &s, &m, w)
	}
	return d, m.note(&p, now, d.Count, s.Count)
}

// bounded is what is done about a wish now.
func bounded(p *Policy, now time.Time, s *Sample, m *Memory, w wish) Decision {
	most := max(s.Count, 2*max(s.Running, s.Reporting)) // what is added must have shown what it does
	switch n := min(w.count, p.Max, most); {
	case p.Idle > 0 && now.Sub(m.idle) >= time.Duration(p.Idle):
		return Decision{0, fmt.Sprintf("nothing to do for %v: 0", time.Duration(p.Idle))}
	case n > s.Count && now.Sub(m.changed) >= time.Duration(p.Up):
		return Decision{n, w.text(n)}
	}
	n := max(m.window.top(), s.Held, p.floor())
	if n >= s.Count || s.Silent > 0 {
		return Decision{Count: s.Count}
	}
	return Decision{n, fmt.Sprintf("%s, and no more for %v", w.text(n), m.down(p))}
}
