package warden

import (
	"time"

	"roster"
	"roster/agentpool/memory"
	"roster/agentpool/meter"
)

// press does what the rules of a node say that runs short. What its process takes includes
// what functions do: only programs come on top.
func (w *Warden) press(now time.Time, own meter.Use) {
	node := memory.Node{Used: own.Taken, Total: w.config.Total, Collecting: own.Collecting, Efficiency: own.Efficiency}
	for i := range w.agents {
		if w.agents[i].Group != 0 {
			node.Used += w.figures[i].bytes
		}
	}
	if !w.config.Rules.Calm(node) {
		node.Members = w.list()
	}
	before := w.state
	state, steps := before.Next(now.Sub(w.start), node, *w.config.Rules)
	w.state = state
	w.turn(now, before, node)
	for _, s := range steps {
		w.step(now, own, s)
	}
}

// list returns the members as the rules see them, in a buffer that is used again.
func (w *Warden) list() []memory.Member {
	w.members = w.members[:0]
	for i := range w.agents {
		a, f := &w.agents[i], w.figures[i]
		limit, bound := a.Spec.Bound()
		m := memory.Member{Agent: a.Agent, Epoch: a.Epoch, Used: f.bytes, Soft: bound && memory.Judge(f.bytes, limit) != memory.Fine, Priority: a.Spec.Priority,
			Began: a.Since.Sub(w.start), Seen: f.seen.Sub(w.start), Asked: -1, Moves: a.Spec.Restart.Again(true), Leaving: a.Leaving || a.Ending}
		if !f.asked.IsZero() {
			m.Asked = f.asked.Sub(w.start)
		}
		w.members = append(w.members, m)
	}
	return w.members
}

// turn tells that the node has become short, or is no longer.
func (w *Warden) turn(now time.Time, before memory.State, n memory.Node) {
	if before.Short == w.state.Short {
		return
	}
	text := ""
	if w.state.Short {
		text = "the node is short of memory"
		w.config.Logger.Warn("the node is short of memory: no agent begins here until it is not", "used", n.Used, "total", n.Total)
	} else {
		w.config.Logger.Info("the node is short of memory no longer", "used", n.Used, "total", n.Total, "lasted", now.Sub(w.start)-before.Since)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mu.short = text
}

func (w *Warden) step(now time.Time, own meter.Use, s memory.Step) {
	a := roster.Actor{Agent: s.Agent, Epoch: s.Epoch}
	switch s.Do {
	case memory.Ask:
		w.request(now, a, w.used[s.Agent], s.Reason)
	case memory.Collect:
		w.config.Gauge.Collect()
		a := Action{At: now, Do: s.Do, Used: own.Taken, Reason: s.Reason, Done: now}
		a.Outcome, a.Freed = gave(own.Taken - w.config.Gauge.Read().Taken)
		w.begin(a)
	case memory.Stop:
		w.begin(Action{At: now, Do: s.Do, Agent: s.Agent, Epoch: s.Epoch, Used: s.Used, Reason: s.Reason, run: w.used[s.Agent].run})
		w.pool.Move(a, "the node is short of memory: "+s.Reason, s.Moves)
	case memory.Spent:
		w.begin(Action{At: now, Do: s.Do, Used: s.Used, Reason: s.Reason, Done: now, Outcome: "short still"})
	}
}
