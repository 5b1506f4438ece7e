package scaling

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// model is a fleet as queueing theory has it, not one that runs: each member has a line of
// its own, takes what comes in order, and works a fixed time on each message; messages come
// at random, to any member that runs. New members run after a while.
type model struct {
	rand    *rand.Rand
	policy  Policy
	decide  func(Policy, time.Time, Sample, Memory) (Decision, Memory)
	work    int // milliseconds a message takes
	start   int // milliseconds until a new member runs
	now     int // milliseconds
	count   int
	members []*member
	memory  Memory
	counts  []int // that were decided, each that differed from the one before
	reasons []string
}

type member struct {
	from   int   // when it runs
	left   int   // of the message at hand
	came   []int // messages, when they came
	worked int   // since the last sample
}

const tick = 50 // milliseconds between samples

// run has load members' worth of work come for so long.
func (m *model) run(load float64, d time.Duration) {
	for end := m.now + int(d.Milliseconds()); m.now < end; m.now++ {
		if m.now%tick == 0 {
			m.sample()
		}
		var running []*member
		for _, x := range m.members {
			if x.from <= m.now {
				running = append(running, x)
			}
		}
		for p := load / float64(m.work); p > 0 && len(running) > 0; p-- { // arrivals in this millisecond
			if m.rand.Float64() < p {
				x := running[m.rand.IntN(len(running))]
				x.came = append(x.came, m.now)
			}
		}
		for _, x := range running {
			x.step(m.work)
		}
	}
}

// step is a millisecond of a member.
func (x *member) step(work int) {
	if x.left == 0 && len(x.came) > 0 {
		x.left, x.came = work, x.came[1:]
	}
	if x.left > 0 {
		x.left--
		x.worked++
	}
}

func (m *model) sample() {
	s := Sample{Count: m.count, Span: tick * time.Millisecond}
	for i, x := range m.members {
		if x.from > m.now {
			continue
		}
		s.Running++
		s.Busy += ceil(100*x.worked, tick)
		s.Waiting += len(x.came)
		if len(x.came) > 0 {
			s.Oldest += time.Duration(m.now-x.came[0]) * time.Millisecond
		}
		if x.left > 0 || len(x.came) > 0 {
			s.Held = i + 1
		}
		x.worked = 0
	}
	s.Reporting = s.Running
	var d Decision
	d, m.memory = m.decide(m.policy, time.UnixMilli(int64(m.now)), s, m.memory)
	m.scale(d)
}

// scale does what was decided. Members of the highest numbers go first.
func (m *model) scale(d Decision) {
	if d.Count == m.count {
		return
	}
	m.counts, m.reasons = append(m.counts, d.Count), append(m.reasons, fmt.Sprintf("%.2fs %d → %s", float64(m.now)/1000, m.count, d.Reason))
	m.count = d.Count
	for len(m.members) < d.Count {
		m.members = append(m.members, &member{from: m.now + m.start})
	}
	m.members = m.members[:d.Count]
}

// turns is how often the count has changed its direction from one change to the next.
func turns(counts []int) int {
	n := 0
	for i := 2; i < len(counts); i++ {
		if (counts[i] > counts[i-1]) != (counts[i-1] > counts[i-2]) {
			n++
		}
	}
	return n
}

// twitchy decides without a window, and without smoothing: what a decider must not do.
func twitchy(p Policy, _ time.Time, s Sample, m Memory) (Decision, Memory) {
	if s.Reporting == 0 {
		return Decision{Count: s.Count}, m
	}
	return Decision{max(p.Min, 1, min(p.Max, ceil(s.all(s.Busy), p.Busy))), "now"}, m
}

func (m *model) story() string { return strings.Join(m.reasons, "\n") }
