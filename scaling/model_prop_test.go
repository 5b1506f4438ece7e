package scaling

import (
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"roster"
)

// drawn is a model with a policy that tracks how busy members are.
func drawn(t *rapid.T) *model {
	seed := rapid.Uint64().Draw(t, "seed")
	m := &model{rand: rand.New(rand.NewPCG(seed, 1)), decide: Decide, count: 1,
		work: rapid.IntRange(2, 40).Draw(t, "work"), start: rapid.IntRange(20, 400).Draw(t, "start"),
		policy: Policy{Min: rapid.IntRange(1, 4).Draw(t, "min"), Max: rapid.IntRange(5, 40).Draw(t, "max"), Busy: rapid.IntRange(40, 85).Draw(t, "busy"),
			Down: roster.Duration(time.Duration(rapid.IntRange(2, 6).Draw(t, "down")) * time.Second)}}
	if rapid.Bool().Draw(t, "queue") {
		m.policy.Queue = rapid.IntRange(2, 50).Draw(t, "queue")
	}
	m.members = []*member{{}}
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
	rapid.Check(t, func(t *rapid.T) {
		m := drawn(t)
		p := m.policy
		before, after := rapid.Float64Range(0, float64(p.Max)).Draw(t, "before"), rapid.Float64Range(0, float64(p.Max)).Draw(t, "after")
		m.settle(before)
		m.run(after, 2*time.Duration(p.Down)+10*time.Second)
		if n := turns(m.counts); n > 2 {
			t.Fatalf("%d changes of direction: %v\n%s", n, m.counts, m.story())
		}
		for _, n := range m.counts {
			if n < p.Min || n > p.Max {
				t.Fatalf("%d members, bounds %d and %d", n, p.Min, p.Max)
			}
		}
		least := int(after * 100 / float64(p.Busy) * 100 / (100 + ToleranceDefault + 5)) // 5: chance
		if m.count < min(least, p.Max) {
			t.Fatalf("%d members for a load of %.1f, want %d\n%s", m.count, after, least, m.story())
		}
	})
}

// TestTwitchy: the test before finds a decider that flaps.
func TestTwitchy(t *testing.T) {
	found := 0
	rapid.Check(t, func(t *rapid.T) {
		m := drawn(t)
		m.decide = twitchy
		m.settle(2)
		m.run(4, 2*time.Duration(m.policy.Down)+10*time.Second)
		if turns(m.counts) > 2 {
			found++
		}
	})
	if found == 0 {
		t.Error("a decider without a window was not found to flap")
	}
	t.Logf("found in %d cases", found)
}
