package warden

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"roster"
	"roster/agentpool/memory"
)

const (
	// ActionsMax bounds the actions that are remembered; the oldest is forgotten.
	ActionsMax = 64
	// endWithin is how long an agent may take to end before that counts as its outcome.
	endWithin = time.Minute
	hasEnded  = "it has ended"
)

// Action is something that was done about memory, and what came of it.
type Action struct {
	At    time.Time      `json:"at"`
	Do    memory.Kind    `json:"do"`
	Agent roster.AgentID `json:"agent,omitempty"` // "": the node itself
	Epoch roster.Epoch   `json:"epoch,omitempty"`
	// Used is what the agent took then, in bytes, or the node's process; Freed what it took
	// less at Done, which is zero while nothing is known.
	Used    int64     `json:"used"`
	Freed   int64     `json:"freed"`
	Reason  string    `json:"reason"`
	Done    time.Time `json:"done,omitzero"`
	Outcome string    `json:"outcome,omitempty"`

	run time.Time
}

// Actions returns the last ActionsMax actions, the oldest first.
func (w *Warden) Actions() []Action {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.mu.actions)
}

// begin writes an action down.
func (w *Warden) begin(a Action) {
	level := slog.LevelWarn
	if a.Do == memory.Ask || a.Do == memory.Collect {
		level = slog.LevelInfo
	}
	w.config.Logger.Log(context.Background(), level, "memory: "+string(a.Do), "agent", a.Agent, "epoch", uint64(a.Epoch), "used", a.Used, "freed", a.Freed,
		"outcome", a.Outcome, "reason", a.Reason)
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.mu.actions) == ActionsMax {
		w.mu.actions = slices.Delete(w.mu.actions, 0, 1)
	}
	w.mu.actions = append(w.mu.actions, a)
}

// judge notes what came of the actions whose outcome is not known yet. It reports whether
// agents take less than they did.
func (w *Warden) judge(now time.Time) (less bool) {
	for _, a := range w.settle(now) {
		less = less || a.Freed > 0
		w.config.Logger.Info("memory: outcome of "+string(a.Do), "agent", a.Agent, "epoch", uint64(a.Epoch), "used", a.Used, "freed", a.Freed,
			"outcome", a.Outcome, "took", now.Sub(a.At))
	}
	return less
}

func (w *Warden) settle(now time.Time) (settled []Action) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range w.mu.actions {
		a := &w.mu.actions[i]
		if !a.Done.IsZero() {
			continue
		}
		if a.Outcome, a.Freed = w.outcome(a, now); a.Outcome != "" {
			a.Done = now
			settled = append(settled, *a)
		}
	}
	return settled
}

// outcome says what came of an action; "" while that is open.
func (w *Warden) outcome(a *Action, now time.Time) (string, int64) {
	f := w.used[a.Agent]
	ended := f == nil || !f.run.Equal(a.run)
	after := now.Sub(a.At)
	switch {
	case a.Do == memory.Ask && ended:
		return hasEnded, a.Used
	case a.Do == memory.Ask && after >= w.config.Rules.Patience:
		return gave(a.Used - f.bytes)
	case a.Do == memory.Ask:
		return "", 0
	case ended:
		return hasEnded, a.Used
	case after >= endWithin:
		return fmt.Sprintf("it has not ended within %v", endWithin), 0
	}
	return "", 0
}

func gave(freed int64) (string, int64) {
	if freed <= 0 {
		return "it takes no less", 0
	}
	return "it takes less", freed
}
