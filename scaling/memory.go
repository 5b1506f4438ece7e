package scaling

import "time"

// Memory is what is known of a fleet from the samples before. The zero value is that of who
// begins to look.
type Memory struct {
	seen    time.Time     // the sample before; zero: there was none
	count   int           // that was decided then
	changed time.Time     // when the count has changed, by whomever
	idle    time.Time     // since when no member has had anything to do
	hot     time.Duration // for how long in a row the fleet has been hot
	work    int           // what is worked, in thousandths of members, smoothed
	window  window        // what was wanted
	shrunk  time.Time     // when the fleet has shrunk, if that was the last that it did
	grown   time.Time     // when it has grown
	twice   int           // how often the window was doubled
}

const (
	// smoothOver is over what time, about, the work is smoothed that targets are held to.
	smoothOver = 500 * time.Millisecond
	// forgetAfter is how long a gap between samples makes the one after it the first.
	forgetAfter = 10 * time.Second
	// twiceMax is how often the window is doubled of a fleet that grows again soon after it
	// has shrunk, and calmAfter how many windows without that undo it.
	twiceMax  = 3
	calmAfter = 20
)

// down is the length of the window.
func (m *Memory) down(p *Policy) time.Duration { return time.Duration(p.Down) << m.twice }

// lately reports whether the fleet has shrunk not long ago: it was calm for a whole window.
func (m *Memory) lately(p *Policy, now time.Time) bool {
	return !m.shrunk.IsZero() && now.Sub(m.shrunk) < 4*m.down(p)
}

// note takes in that a count was decided where there was another.
func (m Memory) note(p *Policy, now time.Time, next, count int) Memory {
	if m.twice > 0 && now.Sub(m.grown) > calmAfter*m.down(p) {
		m.twice = 0
	}
	switch {
	case next < count:
		m.changed, m.shrunk = now, now
	case next > count:
		if m.lately(p, now) {
			m.twice = min(m.twice+1, twiceMax)
		}
		m.changed, m.shrunk, m.grown = now, time.Time{}, now
		m.window = m.window.with(m.down(p), now, next)
	}
	m.count = next
	return m
}

// see takes a sample in.
func (m Memory) see(p *Policy, now time.Time, s *Sample) Memory {
	busy := 10 * s.Busy
	if s.Reporting > 0 {
		busy = s.all(busy)
	}
	span, gap := s.Span, now.Sub(m.seen)
	if span == 0 && !m.seen.IsZero() { // it was so at both ends
		span = min(gap, forgetAfter)
	}
	switch {
	case m.seen.IsZero() || gap > forgetAfter:
		m = Memory{changed: m.changed, idle: now, work: busy, count: s.Count}
		m.window = m.window.with(m.down(p), now, s.Count)
	case s.Reporting > 0:
		m.work += (busy - m.work) * int(gap/time.Microsecond) / int((gap+smoothOver)/time.Microsecond)
	}
	if s.Count != m.count { // by somebody else: that holds for a while too
		m.changed, m.count = now, s.Count
		m.window = m.window.with(m.down(p), now, s.Count)
	}
	if !s.quiet() || s.Count == 0 {
		m.idle = now
	}
	m.seen, m.hot = now, m.hot+span
	if !s.hot() {
		m.hot = 0
	}
	return m
}

// slots is into how many parts the window of what was wanted is divided.
const slots = 16

// window is the most that was wanted in each part of the time, the newest first.
type window struct {
	from time.Time // the beginning of the newest
	most [slots + 1]int
}

// with takes in that so many are wanted.
func (w window) with(down time.Duration, now time.Time, want int) window {
	length := max(down/slots, time.Millisecond)
	if w.from.IsZero() {
		w.from = now
	}
	for n := 0; !now.Before(w.from.Add(length)); n++ {
		if n == len(w.most) {
			w.from = now
			break
		}
		copy(w.most[1:], w.most[:])
		w.most[0], w.from = 0, w.from.Add(length)
	}
	w.most[0] = max(w.most[0], want)
	return w
}

// top is the most that was wanted at any time.
func (w window) top() int {
	top := 0
	for _, n := range w.most {
		top = max(top, n)
	}
	return top
}
