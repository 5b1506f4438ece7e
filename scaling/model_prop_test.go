package scaling

import (
	"flag"
	"math/rand/v2"
	"testing"
	"time"

	"roster"
)

var steps = flag.Uint64("scaling.steps", 60, "how many seeds TestStep draws a model from")

// drawn is a model with a policy that tracks how busy members are, and mostly more.
func drawn(seed uint64) *model {
	r := rand.New(rand.NewPCG(seed, 1))
	between := func(a, b int) int { return a + r.IntN(b-a+1) }
	m := &model{rand: r, decide: Decide, count: 1, members: []*member{{}}, work: between(2, 40), start: between(20, 400),
		policy: Policy{Min: between(1, 4), Max: between(5, 40), Busy: between(40, 85), Down: roster.Duration(between(2, 6)) * roster.Duration(time.Second)}}
	if seed%2 == 0 {
		m.policy.Queue = between(2, 50)
	}
	return m
}

// settle runs the model under a load until nothing of its past is in the window, and forgets
// what was decided meanwhile.
func (m *model) settle(load float64) {
	m.run(load, 3*time.Duration(m.policy.Down)+5*time.Second)
	m.counts, m.reasons = []int{m.count}, nil
}

// TestStep: one step of the load, up or down, is followed to where it is aimed at, within
// the bounds, with at most two changes of direction.
func TestStep(t *testing.T) {
	for seed := range *steps {
		m := drawn(seed)
		p := m.policy
		before, after := m.rand.Float64()*float64(p.Max), m.rand.Float64()*float64(p.Max)
		m.settle(before)
		m.run(after, 2*time.Duration(p.Down)+10*time.Second)
		if n := turns(m.counts); n > 2 {
			t.Errorf("seed %d: %d changes of direction: %v\n%s", seed, n, m.counts, m.story())
		}
		for _, n := range m.counts {
			if n < p.Min || n > p.Max {
				t.Errorf("seed %d: %d members, bounds %d and %d", seed, n, p.Min, p.Max)
			}
		}
		least := int(after * 100 / float64(p.Busy) * 100 / (100 + ToleranceDefault + 5)) // 5: chance
		if m.count < min(least, p.Max) {
			t.Errorf("seed %d: %d members for a load of %.1f, want %d\n%s", seed, m.count, after, least, m.story())
		}
	}
}

// TestTwitchy: the test before finds a decider that flaps.
func TestTwitchy(t *testing.T) {
	found := 0
	for seed := range uint64(10) {
		m := drawn(seed)
		m.decide = twitchy
		m.settle(2)
		m.run(4, 2*time.Duration(m.policy.Down)+10*time.Second)
		if turns(m.counts) > 2 {
			found++
		}
	}
	if found == 0 {
		t.Error("a decider without a window was not found to flap")
	}
	t.Logf("found in %d cases", found)
}
