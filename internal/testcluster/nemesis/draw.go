package nemesis

import (
	"math/rand/v2"
	"slices"
	"time"
)

const (
	// calm is how long nothing happens at first.
	calm = time.Second
	// length is how long things happen: whatever has begun by then ends then.
	length = 25 * time.Second
	// leaveFrom is how many nodes there must be for one to leave.
	leaveFrom = 4
)

// row says how a kind of fault is drawn.
type row struct {
	kind        Kind
	weight      int
	nodes       func(r *rand.Rand, of int) []int
	least, most time.Duration // how long
	by          func(r *rand.Rand) time.Duration
}

const ms = time.Millisecond

var rows = []row{
	{Kill, 6, some, 300 * ms, 12 * time.Second, nothing},
	{PowerCut, 4, some, 300 * ms, 12 * time.Second, nothing},
	{Pause, 4, one, time.Second, 30 * time.Second, nothing},
	{Isolate, 4, some, 500 * ms, 12 * time.Second, nothing},
	{Split, 4, some, 500 * ms, 12 * time.Second, nothing},
	{Mute, 4, one, 500 * ms, 10 * time.Second, nothing},
	{Deaf, 4, one, 500 * ms, 10 * time.Second, nothing},
	{Cut, 4, two, 500 * ms, 12 * time.Second, nothing},
	{Flap, 3, two, 3 * time.Second, 15 * time.Second, between(200*ms, 1500*ms)},
	{SlowLinks, 3, none, time.Second, 10 * time.Second, between(5*ms, 400*ms)},
	{SlowNode, 3, one, time.Second, 10 * time.Second, between(5*ms, time.Second)},
	{Loss, 3, none, 2 * time.Second, 15 * time.Second, between(50, 500)},
	{SlowDisk, 4, one, time.Second, 10 * time.Second, between(5*ms, 500*ms)},
	{HungDisk, 3, one, 500 * ms, 15 * time.Second, nothing},
	{BadDisk, 3, one, 500 * ms, 8 * time.Second, nothing},
	{Jump, 4, one, 0, 0, jump},
	{Drain, 3, one, 2 * time.Second, 15 * time.Second, nothing},
	{HandOver, 4, one, 0, 0, nothing},
	{Leave, 2, one, 2 * time.Second, 20 * time.Second, nothing},
}

// Draw returns the schedule of a seed for a cluster of so many nodes, 2 or more.
func Draw(seed uint64, nodes int) Schedule {
	r := rand.New(rand.NewPCG(seed, 0x6e656d65736973))
	s := Schedule{Seed: seed, Nodes: nodes}
	left := false
	for at := calm; at < length; {
		f := pick(r).draw(r, nodes)
		f.At, f.For = at, min(f.For, length-at)
		if f.Kind == Leave && (nodes < leaveFrom || left) {
			f.Kind = Drain
		}
		left = left || f.Kind == Leave
		s.Faults = append(s.Faults, f)
		at += 100*ms + time.Duration(r.Int64N(int64(f.For+2*time.Second)))
	}
	return s
}

func pick(r *rand.Rand) row {
	total := 0
	for _, x := range rows {
		total += x.weight
	}
	n := r.IntN(total)
	for _, x := range rows {
		if n -= x.weight; n < 0 {
			return x
		}
	}
	return rows[0]
}

func (x row) draw(r *rand.Rand, nodes int) Fault {
	return Fault{Kind: x.kind, For: between(x.least, x.most)(r).Round(ms), Nodes: x.nodes(r, nodes), By: x.by(r)}
}

func none(*rand.Rand, int) []int { return nil }

func one(r *rand.Rand, of int) []int { return []int{r.IntN(of)} }

func two(r *rand.Rand, of int) []int { return slices.Sorted(slices.Values(r.Perm(of)[:2])) }

// some is mostly one, at times several or all.
func some(r *rand.Rand, of int) []int {
	n := 1
	switch r.IntN(6) {
	case 0:
		n = of
	case 1:
		n = 1 + r.IntN(of)
	}
	return slices.Sorted(slices.Values(r.Perm(of)[:n]))
}

func nothing(*rand.Rand) time.Duration { return 0 }

// jump is ten minutes or an hour, forward or back.
func jump(r *rand.Rand) time.Duration {
	return []time.Duration{10 * time.Minute, -10 * time.Minute, time.Hour, -time.Hour}[r.IntN(4)]
}

func between(least, most time.Duration) func(*rand.Rand) time.Duration {
	return func(r *rand.Rand) time.Duration { return least + time.Duration(r.Int64N(int64(most-least)+1)) }
}
