package hosting

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"roster"
	"roster/node/router"
)

// healthPause is how long a member's health rests after a change of it went to its shard. Of
// those that come meanwhile the last one goes then; but one that turns critical goes at once,
// because callers still find it. So at most two changes go in a second, and no more than one
// of what members say of themselves, which is never critical.
const healthPause = time.Second

// healthGather is how long changes gather that come while others were sent.
const healthGather = 20 * time.Millisecond

// Act is a command that a member carries out, or that is carried out in its name: under its
// epoch, so that it is refused (Conflict) once the member lives under another.
type Act struct {
	roster.Actor
	roster.Command
}

// verdicts are how well members are, as far as the log has not heard: the last of each, so
// that there are no more than members. Nothing goes to a shard but changes.
type verdicts struct {
	wake chan struct{}
	mu   struct {
		sync.Mutex
		waiting map[roster.AgentID]verdict
		known   map[roster.AgentID]heardOf // of members whose health went to their shard
	}
}

// verdict is how well one activation is.
type verdict struct {
	epoch  roster.Epoch
	health roster.Health
}

// heardOf is what a shard last took, and when something was last sent; owed: without an answer
// so far, so that the shard may have taken that or not.
type heardOf struct {
	verdict
	at   time.Time
	owed bool
}

func (v *verdicts) init() {
	v.wake = make(chan struct{}, 1)
	v.mu.waiting, v.mu.known = map[roster.AgentID]verdict{}, map[roster.AgentID]heardOf{}
}

// put takes how well an activation is, in place of what is not sent yet.
func (v *verdicts) put(a roster.Actor, h roster.Health) {
	v.mu.Lock()
	v.mu.waiting[a.Agent] = verdict{a.Epoch, h}
	v.mu.Unlock()
	v.again()
}

func (v *verdicts) again() {
	select {
	case v.wake <- struct{}{}:
	default:
	}
}

// drop forgets a member that is none of this node's any more.
func (v *verdicts) drop(id roster.AgentID) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.mu.waiting, id)
	delete(v.mu.known, id)
}

func (v *verdicts) clear() {
	v.mu.Lock()
	defer v.mu.Unlock()
	clear(v.mu.waiting)
	clear(v.mu.known)
}

// run brings verdicts to the members' shards until ctx ends.
func (v *verdicts) run(ctx context.Context, h *Hosting) error {
	rested := time.NewTimer(0)
	defer rested.Stop()
	for {
		select {
		case <-v.wake:
		case <-rested.C:
		case <-ctx.Done():
			return nil
		}
		due, rest := v.take(time.Now())
		var sending sync.WaitGroup
		for shard, batch := range v.sort(due, h) {
			sending.Go(func() { v.send(ctx, shard, batch, h.config.Act, h.config.Logger) })
		}
		sending.Wait()
		if rest > 0 {
			rested.Reset(rest)
		}
		router.Wait(ctx, healthGather)
	}
}

// take takes what waits and is news. For what rests yet, rest is when the first of it may go;
// 0: there is nothing.
func (v *verdicts) take(now time.Time) (due map[roster.AgentID]verdict, rest time.Duration) {
	v.mu.Lock()
	defer v.mu.Unlock()
	due = map[roster.AgentID]verdict{}
	for id, x := range v.mu.waiting {
		last := v.mu.known[id]
		if last.epoch != x.epoch { // what begins to run is passing
			last.verdict = verdict{x.epoch, roster.Health{State: roster.Passing}}
		}
		pause := last.at.Add(healthPause).Sub(now)
		switch {
		case last.verdict == x && !last.owed:
			delete(v.mu.waiting, id)
		case pause <= 0 || x.health.State == roster.Critical && last.health.State != roster.Critical && !last.owed:
			due[id] = x
			delete(v.mu.waiting, id)
			last.at, last.owed = now, true
			v.mu.known[id] = last
		case rest == 0 || pause < rest:
			rest = pause
		}
	}
	return due, rest
}

// sort makes acts of verdicts, by shard. Those on activations that do not run here any more
// are left out.
func (v *verdicts) sort(due map[roster.AgentID]verdict, h *Hosting) map[roster.ShardID][]Act {
	out := map[roster.ShardID][]Act{}
	for id, x := range due {
		if shard, ok := h.shardOf(id); ok && h.pool.Knows(id, x.epoch) {
			out[shard] = append(out[shard], Act{roster.Actor{Agent: id, Epoch: x.epoch}, roster.SetHealth{ID: id, Health: x.health}})
		}
	}
	return out
}

// send proposes a shard's verdicts. What could not be brought there waits, unless there is a
// newer one by then; so does what is Refused: the shard has not heard yet that the member runs.
func (v *verdicts) send(ctx context.Context, shard roster.ShardID, batch []Act, act func(context.Context, roster.ShardID, []Act) []error, log *slog.Logger) {
	for part := range slices.Chunk(batch, reportsMax) {
		for i, err := range act(ctx, shard, part) {
			x := verdict{part[i].Epoch, part[i].Command.(roster.SetHealth).Health}
			switch roster.CodeOf(err) {
			case "":
				v.sent(part[i].Agent, x)
			case roster.CodeConflict, roster.CodeNotFound, roster.CodeInvalid:
				v.refused(part[i].Agent)
				log.Debug("health of a member", "agent", part[i].Agent, "epoch", uint64(x.epoch), "err", err)
			default:
				v.back(part[i].Agent, x)
				log.Debug("health", "shard", shard, "err", err)
			}
		}
	}
}

func (v *verdicts) sent(id roster.AgentID, x verdict) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if last, here := v.mu.known[id]; here {
		last.verdict, last.owed = x, false
		v.mu.known[id] = last
	}
}

func (v *verdicts) refused(id roster.AgentID) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if last, here := v.mu.known[id]; here {
		last.owed = false
		v.mu.known[id] = last
	}
}

func (v *verdicts) back(id roster.AgentID, x verdict) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, newer := v.mu.waiting[id]; !newer && v.mu.known[id].epoch == x.epoch {
		v.mu.waiting[id] = x
		v.again()
	}
}
