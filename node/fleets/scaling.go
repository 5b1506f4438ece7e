package fleets

import (
	"context"
	"fmt"
	"sync"

	"roster"
	"roster/fleet"
	"roster/node/scaler"
)

// figures says what the members here of some fleets have to do.
func (r *Runner) figures(of []fleet.ID) map[fleet.ID]scaler.Figures {
	out := make(map[fleet.ID]scaler.Figures, len(of))
	for _, id := range of {
		out[id] = scaler.Figures{}
	}
	for _, member := range r.hosting.All() {
		id, n, _ := fleet.Of(member.ID)
		if f, asked := out[id]; asked {
			f.Add(n, r.post.Load(member.ID), member.Standing)
			out[id] = f
		}
	}
	return out
}

// wake has a fleet that follows its load and has no member at the moment get one, because
// there is a message for a member, and reports whether that member is wanted then.
func (r *Runner) wake(ctx context.Context, agent roster.AgentID) bool {
	id, n, ok := fleet.Of(agent)
	if !ok {
		return false
	}
	if s, _, err := r.spec(ctx, id, roster.Read{}); err != nil || !sleeps(&s) {
		return false
	}
	count, err := r.waking.once(ctx, id, func() (int, error) { return r.rouse(id, agent) })
	if err != nil {
		r.config.Logger.Info("a fleet is not woken", "fleet", id, "err", err)
	}
	return err == nil && n < count
}

// sleeps reports whether a fleet may be without members until there is a message.
func sleeps(s *fleet.State) bool { return s.Scaling.On() && s.Scaling.Min == 0 && !s.Dropped }

// rouse has one member wanted of a fleet of which none is, and returns how many are wanted.
// All who wait for it share it, so it is nobody's: not the deadline of one, nor an act of its.
func (r *Runner) rouse(id fleet.ID, agent roster.AgentID) (int, error) {
	ctx, cancel := context.WithTimeout(context.Background(), roster.RequestDeadline)
	defer cancel()
	s, _, err := r.spec(ctx, id, roster.Read{Level: roster.ReadLinearizable})
	if err != nil || s.Count > 0 || !sleeps(&s) {
		return s.Count, err
	}
	reason := fmt.Sprintf("a message for %s: 1", agent)
	err = r.propose(ctx, s.Shard, []roster.Command{fleet.Scale{ID: id, Count: 1, IfMatch: s.Revision, Reason: reason}})[0]
	if roster.CodeOf(err) == roster.CodeStale { // by another node, for the same reason
		return 1, nil
	}
	if err == nil {
		r.config.Logger.Info("a fleet is woken", "fleet", id, "reason", reason)
	}
	return 1, err
}

// waking are the fleets that are being woken, each once however many wait for it.
type waking struct {
	mu struct {
		sync.Mutex
		all map[fleet.ID]*wakeUp
	}
}

// wakeUp is one of them, done with the first message's call.
type wakeUp struct {
	done  chan struct{}
	count int // members wanted
	err   error
}

// once calls do, or waits for the call that is under way.
func (w *waking) once(ctx context.Context, id fleet.ID, do func() (int, error)) (int, error) {
	w.mu.Lock()
	up, under := w.mu.all[id]
	if !under {
		if w.mu.all == nil {
			w.mu.all = map[fleet.ID]*wakeUp{}
		}
		up = &wakeUp{done: make(chan struct{})}
		w.mu.all[id] = up
	}
	w.mu.Unlock()
	if under {
		select {
		case <-up.done:
			return up.count, up.err
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	up.count, up.err = do()
	w.mu.Lock()
	delete(w.mu.all, id)
	w.mu.Unlock()
	close(up.done)
	return up.count, up.err
}
