package memory

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"roster"
)

// Kind is what a step does.
type Kind string

// The steps, in the order in which they are taken. Restart follows from an agent's own limit
// and is no step of a plan.
const (
	Collect Kind = "collect" // the node collects its garbage and gives memory back
	Ask     Kind = "ask"     // an agent is asked for less
	Stop    Kind = "stop"    // an agent is ended here, to run elsewhere
	Spent   Kind = "spent"   // nothing is left to be done: a note
	Restart Kind = "restart" // an agent is above its hard limit: it is ended, and begins again
)

// Member is an agent whose memory is known.
type Member struct {
	Agent roster.AgentID
	Epoch roster.Epoch
	Used  int64 // bytes
	// Soft: it is above its soft limit.
	Soft     bool
	Priority int
	// Began is when it was started here; Seen when its figure was taken; Asked when it was
	// last asked for less, negative: never. All on the clock of [State.Next].
	Began, Seen, Asked time.Duration
	// Moves: it may be run elsewhere, or again.
	Moves bool
	// Leaving: it has been told to stop.
	Leaving bool
}

// Node is what a node takes of its memory.
type Node struct {
	Used, Total int64 // bytes; no rule holds without a Total
	Collecting  int   // see [Rules], as is
	Efficiency  int   // this; negative: not known
	Members     []Member
}

// Step is one thing to do. Agent is empty where it is the node itself.
type Step struct {
	Do     Kind
	Agent  roster.AgentID
	Epoch  roster.Epoch
	Used   int64 // bytes that the agent takes, or the node
	Moves  bool  // as its member said
	Reason string
}

// State is what one decision must know of those before it. The zero State is a calm node.
type State struct {
	Short bool          // no agent is to begin here
	Since time.Duration // that it is short
	// When memory was last reclaimed, and when agents were last stopped.
	Reclaimed, Stopped time.Duration
	reclaimed, stopped bool // ever, of this time of being short
	spent              bool
}

// Next returns what is to be done at the time now, on a clock that only goes forward, and
// the state with which the next decision begins.
func (s State) Next(now time.Duration, n Node, r Rules) (State, []Step) {
	if n.Total <= 0 {
		return State{}, nil
	}
	high := share(n.Total, r.High)
	switch {
	case r.Calm(n), s.Short && s.spent && n.Used <= high:
		return State{Reclaimed: s.Reclaimed, reclaimed: s.reclaimed && now-s.Reclaimed < r.Again}, nil
	case !s.Short && n.Used > high:
		s = State{Short: true, Since: now}
	}
	why := s.why(n, r)
	switch {
	case why == "":
		return s, nil
	case !s.reclaimed || now-s.Reclaimed >= r.Again:
		s.Reclaimed, s.reclaimed = now, true
		return s, reclaim(n, r, why)
	case !s.Short || now-s.Since < r.Patience || s.stopped && now-s.Stopped < r.Settle:
		return s, nil
	}
	return s.stop(now, n, r, why)
}

// Calm reports whether a node has so much room that nothing is to be done, whatever was done
// before.
func (r Rules) Calm(n Node) bool { return n.Used <= share(n.Total, r.Low) }

// why says in words that the node is short, or strained; "" when it is neither.
func (s State) why(n Node, r Rules) string {
	switch {
	case s.Short:
		return fmt.Sprintf("the node takes %s of %s: it is short above %s, and then until %s", Size(n.Used), Size(n.Total), Size(share(n.Total, r.High)), Size(share(n.Total, r.Low)))
	case n.Collecting > r.Collecting:
		return fmt.Sprintf("the node takes %s of %s, and %d %% of its CPU time goes into collecting garbage", Size(n.Used), Size(n.Total), n.Collecting/10)
	case n.Efficiency >= 0 && n.Efficiency < r.Efficiency:
		return fmt.Sprintf("the node takes %s of %s, and %d %% of what its process has taken is in use", Size(n.Used), Size(n.Total), n.Efficiency/10)
	}
	return ""
}

// reclaim has the node collect, and asks those above their soft limits: who was asked
// longest ago first, of those whose figure is the oldest.
func reclaim(n Node, r Rules, why string) []Step {
	steps := []Step{{Do: Collect, Used: n.Used, Reason: why}}
	var soft []Member
	for _, m := range n.Members {
		if m.Soft && !m.Leaving {
			soft = append(soft, m)
		}
	}
	slices.SortFunc(soft, func(a, b Member) int {
		return cmp.Or(cmp.Compare(max(a.Asked, -1), max(b.Asked, -1)), cmp.Compare(a.Seen, b.Seen), cmp.Compare(a.Agent, b.Agent))
	})
	for _, m := range soft[:min(len(soft), r.AskMax)] {
		steps = append(steps, Step{Ask, m.Agent, m.Epoch, m.Used, m.Moves, why + "; this one is above its soft limit"})
	}
	return steps
}

// stop chooses whom to stop: no more than bring the node down to Low, if what they take
// comes free. What those still take that were told to stop a while ago is not waited for.
func (s State) stop(now time.Duration, n Node, r Rules, why string) (State, []Step) {
	var move, rest []Member
	for _, m := range n.Members {
		switch {
		case m.Leaving || m.Used <= 0:
		case m.Moves:
			move = append(move, m)
		default:
			rest = append(rest, m)
		}
	}
	last := ""
	if len(move) == 0 {
		move, last = rest, ", and no other is left"
	}
	if len(move) == 0 {
		if s.spent {
			return s, nil
		}
		s.spent = true
		return s, []Step{{Do: Spent, Used: n.Used, Reason: why + "; no agent is left that could be stopped"}}
	}
	slices.SortFunc(move, func(a, b Member) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.Began, b.Began), cmp.Compare(a.Agent, b.Agent))
	})
	s.Stopped, s.stopped, s.spent = now, true, false
	var steps []Step
	most := min(len(move), max(r.StopMax, len(move)*r.StopShare/1000))
	for over := n.Used - share(n.Total, r.Low); over > 0 && len(steps) < most; {
		m := move[len(steps)]
		over -= m.Used
		steps = append(steps, Step{Stop, m.Agent, m.Epoch, m.Used, m.Moves,
			fmt.Sprintf("%s; this one takes %s, and is the oldest that is left of priority %d%s", why, Size(m.Used), m.Priority, last)})
	}
	return s, steps
}

// Size is a number of bytes as people read it.
type Size int64

// String writes the size in the largest unit that leaves two digits.
func (s Size) String() string {
	switch {
	case s >= 10<<30:
		return fmt.Sprintf("%d GiB", s>>30)
	case s >= 10<<20:
		return fmt.Sprintf("%d MiB", s>>20)
	case s >= 1<<20:
		return fmt.Sprintf("%d.%d MiB", s>>20, s%(1<<20)*10>>20)
	}
	return fmt.Sprintf("%d KiB", s>>10)
}
