package warden

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"roster"
	"roster/agentpool/memory"
	"roster/agentpool/meter"
	"roster/fleet"
)

const (
	// Every is how often a Warden looks that is not told otherwise.
	Every = time.Second
	// costMax bounds what looking costs: it rests so many times as long as it took, though
	// no longer than restMax, and not while the node is short of memory.
	costMax = 30
	restMax = 5 * time.Second
)

// Agent is an activation whose memory can be told.
type Agent struct {
	roster.Actor
	Spec *fleet.Spec // not changed
	// Since is when the activation began, Began when its present run did.
	Since, Began time.Time
	// Group is the process group of a program; 0: it is a function.
	Group int
	// Said is what it has said that it takes, in bytes, and SaidAt when.
	Said   int64
	SaidAt time.Time
	// Leaving: it has been told to stop. Ending: its present run has.
	Leaving, Ending bool
}

// Pool is what a Warden has power over.
type Pool interface {
	// Watched appends the agents whose memory can be told.
	Watched(into []Agent) []Agent
	// Ask asks an agent for less, and reports whether it can hear that.
	Ask(a roster.Actor) bool
	// End ends an agent's present run as a failure, for a reason; called once more, by force.
	End(a roster.Actor, why string)
	// Move stops an agent for good. again: it may be run elsewhere; otherwise it has failed.
	Move(a roster.Actor, why string, again bool)
}

// Gauge measures the node's own process, and has it give memory back.
type Gauge interface {
	Read() meter.Use
	Collect()
}

// Config says how memory is looked after. The zero value holds each agent to its limit, and
// knows no rule of the node's.
type Config struct {
	// Total is what the node's process and its agents may take together, in bytes; 0: there
	// is no such bound, and the node is never short.
	Total int64
	// Rules say what a node does that is short; nil: memory.Default.
	Rules *memory.Rules
	// Every is how often to look; 0 is [Every].
	Every time.Duration
	// Queued returns the bytes that wait in an agent's mailbox; nil: they are not counted.
	Queued func(roster.AgentID) int
	// Gauge measures the process; nil: by Go's runtime.
	Gauge Gauge
	// Meter measures programs.
	Meter  meter.Meter
	Logger *slog.Logger // nil discards
}

// Warden looks after the memory of one pool. Make one with New.
type Warden struct {
	config Config
	pool   Pool
	start  time.Time
	wake   chan struct{}
	// Of the goroutine that runs it.
	agents  []Agent
	figures []*figure // of each of them
	used    map[roster.AgentID]*figure
	members []memory.Member
	state   memory.State
	look    int  // how many there were
	blind   bool // programs cannot be measured, which was said

	mu struct {
		sync.Mutex
		short   string // why no agent is to begin here; "": it is not short
		actions []Action
	}
}

// figure is what was found out of one agent.
type figure struct {
	run   time.Time // when the run began of which it is
	bytes int64
	seen  time.Time
	asked time.Time // zero: never
	below bool      // it was within its soft limit since then
	look  int       // the look that found it
}

// New returns a Warden of a pool.
func New(c Config, p Pool) *Warden {
	if c.Rules == nil {
		rules := memory.Default()
		c.Rules = &rules
	}
	if c.Every == 0 {
		c.Every = Every
	}
	if c.Gauge == nil {
		c.Gauge = &meter.Own{}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return &Warden{config: c, pool: p, start: time.Now(), wake: make(chan struct{}, 1), used: map[roster.AgentID]*figure{}}
}

// Wake has Run look again that has found nothing to look at.
func (w *Warden) Wake() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// Short says why no agent is to begin here now; "" when one may.
func (w *Warden) Short() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.mu.short
}

// Run looks until ctx ends. Without a rule of the node's, it rests while no agent is watched.
func (w *Warden) Run(ctx context.Context) {
	timer := time.NewTimer(w.config.Every)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		began := time.Now()
		w.Look(began)
		rest := max(w.config.Every, min(costMax*time.Since(began), restMax))
		if w.state.Short {
			rest = w.config.Every
		}
		if w.config.Total == 0 && len(w.agents) == 0 {
			select {
			case <-ctx.Done():
				return
			case <-w.wake:
			}
		}
		timer.Reset(rest)
	}
}

// Look measures once, and does what is to be done; Run calls it, and nobody beside it.
func (w *Warden) Look(now time.Time) {
	w.agents = w.pool.Watched(w.agents[:0])
	w.measure(now)
	var own meter.Use
	if w.config.Total > 0 {
		own = w.config.Gauge.Read()
	}
	if w.judge(now) && w.state.Short {
		w.config.Gauge.Collect() // what they held is garbage until then
		own = w.config.Gauge.Read()
	}
	w.hold(now)
	if w.config.Total > 0 {
		w.press(now, own)
	}
	w.ask(now)
}

// measure finds out what every agent takes that is watched, and forgets others.
func (w *Warden) measure(now time.Time) {
	groups := w.groups()
	w.look++
	w.figures = w.figures[:0]
	for i := range w.agents {
		a := &w.agents[i]
		f := w.used[a.Agent]
		if f == nil {
			f = &figure{}
			w.used[a.Agent] = f
		}
		if !f.run.Equal(a.Began) {
			*f = figure{run: a.Began}
		}
		f.look = w.look
		w.figures = append(w.figures, f)
		switch {
		case a.Group == 0:
			if f.bytes, f.seen = a.Said, a.SaidAt; w.config.Queued != nil {
				f.bytes += int64(w.config.Queued(a.Agent))
			}
		case groups != nil:
			f.bytes, f.seen = w.program(a, groups[a.Group]), now
		}
	}
	if len(w.used) == len(w.agents) {
		return
	}
	for id, f := range w.used {
		if f.look != w.look {
			delete(w.used, id)
		}
	}
}

// program returns what a program takes: exactly, where that decides something.
func (w *Warden) program(a *Agent, g meter.Group) int64 {
	if limit, ok := a.Spec.Bound(); ok && memory.Judge(g.Held, limit) != memory.Fine {
		return w.config.Meter.Exact(g)
	}
	return g.Held
}

// groups measures the process groups that are watched; nil where that cannot be done.
func (w *Warden) groups() map[int]meter.Group {
	ids := map[int]bool{}
	for _, a := range w.agents {
		if a.Group != 0 {
			ids[a.Group] = true
		}
	}
	if len(ids) == 0 {
		return nil
	}
	groups, err := w.config.Meter.Groups(ids)
	if err != nil && (!w.blind || !errors.Is(err, meter.ErrNoKernel)) {
		w.blind = true
		w.config.Logger.Warn("what programs take cannot be told: their limits do not hold", "err", err)
	}
	return groups
}

// hold ends the agents that are above their hard limits.
func (w *Warden) hold(now time.Time) {
	for i := range w.agents {
		a := &w.agents[i]
		limit, ok := a.Spec.Bound()
		used := w.figures[i].bytes
		if !ok || a.Leaving || memory.Judge(used, limit) != memory.Hard {
			continue
		}
		why := fmt.Sprintf("it took %v, limit %v", memory.Size(used), memory.Size(limit.Memory))
		if !a.Ending {
			w.begin(Action{At: now, Do: memory.Restart, Agent: a.Agent, Epoch: a.Epoch, Used: used, Reason: why, run: a.Began})
		}
		w.pool.End(a.Actor, why)
		a.Ending = true
	}
}

// ask asks the agents that are above their soft limits, each again after a while.
func (w *Warden) ask(now time.Time) {
	for i := range w.agents {
		a, f := &w.agents[i], w.figures[i]
		limit, ok := a.Spec.Bound()
		verdict := memory.Judge(f.bytes, limit)
		f.below = f.below || verdict == memory.Fine
		if !ok || a.Leaving || a.Ending || verdict != memory.Soft || !w.mayAsk(f, now) {
			continue
		}
		w.request(now, a.Actor, f, fmt.Sprintf("it takes %v, soft limit %d %% of %v", memory.Size(f.bytes), limit.Soft, memory.Size(limit.Memory)))
	}
}

// mayAsk reports whether it is time to ask an agent that is above its soft limit: again soon
// only if it was below meanwhile.
func (w *Warden) mayAsk(f *figure, now time.Time) bool {
	pause := w.config.Rules.Again
	if f.below {
		pause = w.config.Rules.Patience
	}
	return f.asked.IsZero() || now.Sub(f.asked) >= pause
}

// request asks one agent, and writes it down if it can hear that.
func (w *Warden) request(now time.Time, a roster.Actor, f *figure, why string) {
	f.asked, f.below = now, false
	if w.pool.Ask(a) {
		w.begin(Action{At: now, Do: memory.Ask, Agent: a.Agent, Epoch: a.Epoch, Used: f.bytes, Reason: why, run: f.run})
	}
}
