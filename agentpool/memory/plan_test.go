package memory

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"roster"
	"roster/fleet"
)

func TestJudge(t *testing.T) {
	huge := fleet.Limit{Memory: 1 << 62, Soft: 80}
	for _, c := range []struct {
		used  int64
		limit fleet.Limit
		want  Verdict
	}{
		{0, fleet.Limit{}.Filled(), Fine},
		{40 << 20, fleet.Limit{}.Filled(), Fine},
		{40<<20 + 1, fleet.Limit{}.Filled(), Soft},
		{50 << 20, fleet.Limit{}.Filled(), Soft},
		{50<<20 + 1, fleet.Limit{}.Filled(), Hard},
		{61 << 20, fleet.Limit{Memory: 64 << 20}.Filled(), Soft},
		{99, fleet.Limit{Memory: 100, Soft: 100}, Fine},
		{101, fleet.Limit{Memory: 100, Soft: 100}, Hard},
		{1 << 61, huge, Fine},
		{1 << 62, huge, Soft},
	} {
		if got := Judge(c.used, c.limit); got != c.want {
			t.Errorf("%d of %+v: %v, want %v", c.used, c.limit, got, c.want)
		}
	}
}

// node is a machine on which what is stopped comes free after a while, and what is asked may
// give a part back.
type node struct {
	draw *rand.Rand
	own  int64
	Node
	gone map[roster.AgentID]time.Duration // when it will have ended
	gave bool                             // agents give back when they are asked
}

func newNode(seed uint64) *node {
	n := &node{draw: rand.New(rand.NewPCG(seed, 1)), gone: map[roster.AgentID]time.Duration{}}
	n.Total, n.gave, n.Efficiency = 3_500_000, n.draw.IntN(2) == 0, -1
	n.own = n.draw.Int64N(n.Total / 3)
	count := 1 + n.draw.IntN(120)
	for i := range count {
		n.Members = append(n.Members, Member{Agent: roster.AgentID(fmt.Sprint("demo/a~", i)), Epoch: 1, Used: n.draw.Int64N(n.Total / int64(count)), Soft: n.draw.IntN(3) == 0,
			Priority: n.draw.IntN(3), Began: time.Duration(n.draw.IntN(50)) * time.Second, Asked: -1, Moves: n.draw.IntN(4) > 0})
	}
	n.count()
	return n
}

func (n *node) count() {
	n.Used = n.own
	for _, m := range n.Members {
		n.Used += m.Used
	}
}

func (n *node) member(id roster.AgentID) *Member {
	return &n.Members[slices.IndexFunc(n.Members, func(m Member) bool { return m.Agent == id })]
}

// obey does the steps, and lets time pass.
func (n *node) obey(now time.Duration, steps []Step) {
	for _, s := range steps {
		switch s.Do {
		case Ask:
			m := n.member(s.Agent)
			if m.Asked = now; n.gave {
				m.Used, m.Soft = m.Used/2, false
			}
		case Stop:
			n.member(s.Agent).Leaving = true
			n.gone[s.Agent] = now + time.Duration(n.draw.IntN(10))*time.Second
		}
	}
	n.Members = slices.DeleteFunc(n.Members, func(m Member) bool { return m.Leaving && n.gone[m.Agent] <= now })
	n.count()
}

// rule is what decides: State.Next, or one that is wrong on purpose.
type rule func(s State, now time.Duration, n Node, r Rules) (State, []Step)

// drill lets agents grow until the node is short, and then the rule have its way. It returns
// what was wrong with it, and how long the node was short.
func drill(seed uint64, next rule) (wrong string, lasted time.Duration) {
	n, r, s := newNode(seed), Default(), State{}
	low, high := share(n.Total, r.Low), share(n.Total, r.High)
	var began, ended time.Duration
	for now := time.Duration(0); now < 10*time.Minute; now += time.Second {
		if n.Used <= high && began == 0 {
			n.own += n.draw.Int64N(n.Total / 30)
			n.count()
		} else if began == 0 {
			began = now
		}
		before := s
		var steps []Step
		s, steps = next(s, now, n.Node, r)
		if wrong := faulty(now, before, n.Node, steps, low, high); wrong != "" {
			return fmt.Sprintf("seed %d, %v: %s", seed, now, wrong), 0
		}
		n.obey(now, steps)
		if began != 0 && ended == 0 && !s.Short {
			ended = now
		}
		if ended != 0 && len(steps) > 0 {
			return fmt.Sprintf("seed %d, %v: %v after it had ended", seed, now, steps), 0
		}
	}
	left := slices.ContainsFunc(n.Members, func(m Member) bool { return !m.Leaving && m.Used > 0 })
	if ended == 0 && (left || n.Used <= low) {
		return fmt.Sprintf("seed %d: short from %v on for good, at %d of %d", seed, began, n.Used, n.Total), 0
	}
	return "", max(0, ended-began)
}

// faulty judges the steps of one moment against what was promised.
func faulty(now time.Duration, before State, n Node, steps []Step, low, high int64) string {
	over, stops := n.Used-low, 0
	for _, s := range steps {
		if s.Do != Stop {
			if stops > 0 {
				return "it stopped agents before it reclaimed"
			}
			continue
		}
		stops++
		m := n.Members[slices.IndexFunc(n.Members, func(m Member) bool { return m.Agent == s.Agent })]
		switch {
		case !before.Short || now-before.Since < Default().Patience:
			return "it stopped an agent without patience"
		case n.Used <= low:
			return "it stopped an agent of a node that is not short"
		case over <= 0:
			return "it stopped more than needed"
		case m.Leaving || m.Used == 0:
			return "it stopped one that frees nothing"
		case stops > Default().StopMax && stops > len(n.Members)/8:
			return "it stopped too many at a time"
		}
		over -= m.Used
		for _, o := range n.Members {
			chosen := slices.ContainsFunc(steps, func(s Step) bool { return s.Do == Stop && s.Agent == o.Agent })
			switch {
			case chosen || o.Leaving || o.Used == 0:
			case o.Moves && !m.Moves:
				return "it ended one for good while another could move"
			case o.Moves == m.Moves && (o.Priority < m.Priority || o.Priority == m.Priority && o.Began < m.Began):
				return "it stopped one of higher priority, or younger"
			}
		}
	}
	return ""
}

// TestDrills: a thousand nodes run short; actions come in their order, no more than are
// needed, and the shortage ends within two minutes.
func TestDrills(t *testing.T) {
	var longest time.Duration
	for seed := range uint64(1000) {
		wrong, lasted := drill(seed, State.Next)
		if wrong != "" {
			t.Fatal(wrong)
		}
		longest = max(longest, lasted)
	}
	if longest > 2*time.Minute || longest < Default().Patience {
		t.Errorf("the longest shortage was %v", longest)
	}
	t.Logf("the longest shortage: %v", longest)
}

// TestDrillsFindFaults: rules that are wrong in one way each are found out.
func TestDrillsFindFaults(t *testing.T) {
	change := func(f func(n *Node, r *Rules)) rule {
		return func(s State, now time.Duration, n Node, r Rules) (State, []Step) {
			n.Members = slices.Clone(n.Members)
			f(&n, &r)
			return s.Next(now, n, r)
		}
	}
	each := func(f func(m *Member)) rule {
		return change(func(n *Node, _ *Rules) {
			for i := range n.Members {
				f(&n.Members[i])
			}
		})
	}
	for name, next := range map[string]rule{
		"no patience":     change(func(_ *Node, r *Rules) { r.Patience = 0 }),
		"all at once":     change(func(_ *Node, r *Rules) { r.StopMax = 1000 }),
		"too many":        change(func(_ *Node, r *Rules) { r.Low = 100 }),
		"the youngest":    each(func(m *Member) { m.Began = -m.Began }),
		"the important":   each(func(m *Member) { m.Priority = -m.Priority }),
		"those for good":  each(func(m *Member) { m.Moves = !m.Moves }),
		"never":           change(func(_ *Node, r *Rules) { r.StopMax, r.StopShare = 0, 0 }),
		"one never stops": change(func(n *Node, _ *Rules) { n.Used = n.Total }),
	} {
		found := false
		for seed := range uint64(1000) {
			if wrong, _ := drill(seed, next); wrong != "" {
				found = true
				break
			}
		}
		if !found {
			t.Errorf("%s: nothing was found", name)
		}
	}
}

// TestStrained: garbage and idle memory have a node reclaim when it is fairly full, and never
// stop an agent.
func TestStrained(t *testing.T) {
	n := Node{Used: 800, Total: 1000, Efficiency: -1, Members: []Member{{Agent: "demo/a", Used: 500, Soft: true, Moves: true, Asked: -1}}}
	for _, c := range []struct {
		name   string
		change func(n *Node)
		want   string
	}{
		{"as it is", func(*Node) {}, ""},
		{"collecting", func(n *Node) { n.Collecting = 251 }, "collect ask"},
		{"wasteful", func(n *Node) { n.Efficiency = 249 }, "collect ask"},
		{"wasteful, but with room", func(n *Node) { n.Efficiency, n.Used = 0, 700 }, ""},
		{"without a total", func(n *Node) { n.Efficiency, n.Total = 0, 0 }, ""},
	} {
		x := n
		c.change(&x)
		s, rounds, got := State{}, 0, ""
		for now := time.Duration(0); now < 5*time.Minute; now += time.Second {
			var steps []Step
			s, steps = s.Next(now, x, Default())
			if len(steps) == 0 {
				continue
			}
			rounds++
			got = ""
			for i, step := range steps {
				if got += string(step.Do); i+1 < len(steps) {
					got += " "
				}
			}
		}
		if got != c.want || s.Short || (c.want != "") != (rounds == 10) {
			t.Errorf("%s: %q in %d rounds, short: %v", c.name, got, rounds, s.Short)
		}
	}
}

// TestManySmall: a node full of small agents is not stopped four by four.
func TestManySmall(t *testing.T) {
	n := &node{draw: rand.New(rand.NewPCG(1, 1)), gone: map[roster.AgentID]time.Duration{}, own: 10 << 20}
	n.Total, n.Efficiency = 1<<30, -1
	for i := range 20_000 {
		n.Members = append(n.Members, Member{Agent: roster.AgentID(fmt.Sprint("demo/a~", i)), Used: 48 << 10, Asked: -1, Moves: true, Began: time.Duration(i)})
	}
	n.count()
	s, now := State{}, time.Duration(0)
	for ; now < 2*time.Minute; now += time.Second {
		var steps []Step
		if s, steps = s.Next(now, n.Node, Default()); now > 0 && !s.Short {
			break
		}
		for _, x := range steps { // obey looks each up in a list
			if x.Do == Stop {
				n.Members[slices.IndexFunc(n.Members, func(m Member) bool { return m.Agent == x.Agent })].Leaving = true
			}
		}
		n.Members = slices.DeleteFunc(n.Members, func(m Member) bool { return m.Leaving })
		n.count()
	}
	if s.Short {
		t.Errorf("it is short at %v with %d agents", now, len(n.Members))
	}
}

func TestSpent(t *testing.T) {
	n := Node{Used: 900, Total: 1000, Efficiency: -1, Members: []Member{{Agent: "demo/a", Used: 0, Moves: true}}}
	s, notes := State{}, 0
	for now := time.Duration(0); now < 5*time.Minute; now += time.Second {
		var steps []Step
		s, steps = s.Next(now, n, Default())
		for _, x := range steps {
			if x.Do == Stop {
				t.Fatalf("%+v", x)
			}
			if x.Do == Spent {
				notes++
			}
		}
	}
	if notes != 1 || !s.Short {
		t.Errorf("%d notes, short: %v", notes, s.Short)
	}
	if n.Used = 870; func() bool { s, _ = s.Next(6*time.Minute, n, Default()); return s.Short }() {
		t.Error("a node that can do no more, and is below High, stays short")
	}
}

func BenchmarkNext(b *testing.B) {
	n := Node{Used: 900_000, Total: 1_000_000, Efficiency: -1}
	for i := range 10_000 {
		n.Members = append(n.Members, Member{Agent: roster.AgentID(fmt.Sprint("demo/a~", i)), Used: 90, Moves: true})
	}
	s, _ := State{}.Next(0, n, Default())
	b.ResetTimer()
	for range b.N {
		_, _ = s.Next(10*time.Second, n, Default())
	}
}
