package scaling

import (
	"fmt"
	"time"
)

// wish is how many members one figure asks for, and which that is.
type wish struct {
	count int
	why   string
}

// text is the wish with what is made of it.
func (w wish) text(n int) string {
	if n != w.count {
		return fmt.Sprintf("%s: %d, for now %d", w.why, w.count, n)
	}
	return fmt.Sprintf("%s: %d", w.why, n)
}

// want returns the largest of what the targets ask for, and remembers it.
func want(p *Policy, now time.Time, s *Sample, m Memory) (wish, Memory) {
	members := max(s.Running, s.Reporting)
	busy := fmt.Sprintf("busy %d %% of %d members", ceil(m.work, 10*members), members)
	messages, waits, wait := s.all(s.Waiting), s.all(ms(s.Oldest)), ms(time.Duration(p.Wait))
	w := wish{}
	for _, x := range [...]wish{
		heated(p, now, s, &m),
		tracked(p, s, p.Queue, messages, fmt.Sprintf("%d messages wait for %d members, aimed at %d for each", messages, members, p.Queue)),
		tracked(p, s, 10*p.Busy, m.work, fmt.Sprintf("%s, aimed at %d", busy, p.Busy)),
		tracked(p, s, wait, waits, fmt.Sprintf("messages have waited %d ms for %d members, aimed at %d", waits/members, members, wait)),
		{min(ceil(m.work, 10*Calm), s.Count), fmt.Sprintf("%s, at most %d", busy, Calm)}, // no reason to grow, but not to shrink
	} {
		if x.count > w.count {
			w = x
		}
	}
	if w.why == "" {
		w.why = busy
	}
	w.count = max(w.count, p.floor())
	m.window = m.window.with(m.down(p), now, min(w.count, p.Max))
	return w, m
}

// tracked is how many members it takes for a sum to be target for each. Within the tolerance
// it takes as many as there are.
func tracked(p *Policy, s *Sample, target, sum int, why string) wish {
	if target == 0 {
		return wish{}
	}
	if aimed := s.Count * target; 100*sum <= aimed*(100+p.Tolerance) && 100*sum >= aimed*(100-p.Tolerance) {
		return wish{s.Count, why}
	}
	return wish{ceil(sum, target), why}
}

// heated is how many members it takes for those that work nearly all of their time.
func heated(p *Policy, now time.Time, s *Sample, m *Memory) wish {
	least := HotFor
	if m.lately(p, now) {
		least = doubt * HotFor
	}
	if m.hot < least || m.hot*time.Duration(s.Reporting) < HotWork {
		return wish{}
	}
	aim := Calm
	if p.Busy > 0 {
		aim = min(aim, p.Busy)
	}
	return wish{ceil(s.all(s.Busy), aim), fmt.Sprintf("busy %d %% of %d members for %d ms, aimed at %d", ceil(s.Busy, s.Reporting), s.Reporting, m.hot.Milliseconds(), aim)}
}

func ms(d time.Duration) int { return int((d + time.Millisecond - 1) / time.Millisecond) }
