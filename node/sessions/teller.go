package sessions

import (
	"context"
	"sync"
	"time"

	"roster"
	"roster/fsm"
	"roster/node/router"
)

// tellPause is the pause before a keeper tells again a shard that did not answer.
const tellPause = time.Second

// tellersMax bounds the ended sessions that a keeper tells other shards about at once.
const tellersMax = 32

// wake has tell make a round.
func (k *keeper) wake() {
	select {
	case k.ended <- struct{}{}:
	default:
	}
}

// tell brings the end of each ended session to the other shards in which it was
// used, until all have acknowledged.
func (k *keeper) tell(ctx context.Context) {
	for {
		select {
		case <-k.ended:
		case <-ctx.Done():
			return
		}
		if !k.tellAll(ctx) && router.Wait(ctx, tellPause) {
			k.wake()
		}
	}
}

// tellAll makes one round and reports whether nothing is left to tell.
func (k *keeper) tellAll(ctx context.Context) bool {
	var ending []roster.Session
	if _, err := k.group.View(func(v *fsm.View) error {
		for _, s := range v.Sessions() {
			if s.Ended && len(s.Shards) > 0 {
				ending = append(ending, s)
			}
		}
		return nil
	}); err != nil {
		return false
	}
	round := tellRound{keeper: k}
	round.mu.silent = make(map[roster.ShardID]bool)
	for len(ending) > 0 && ctx.Err() == nil {
		some := ending[:min(len(ending), tellersMax)]
		ending = ending[len(some):]
		var tellers sync.WaitGroup
		for _, s := range some {
			tellers.Go(func() { round.tell(ctx, s) })
		}
		tellers.Wait()
	}
	return len(round.mu.silent) == 0
}

// tellRound is one time around. A shard that did not answer is left for the next, so
// that it holds up nobody else.
type tellRound struct {
	*keeper
	mu struct {
		sync.Mutex
		silent map[roster.ShardID]bool
	}
}

func (r *tellRound) tell(ctx context.Context, s roster.Session) {
	for _, id := range s.Shards {
		if r.isSilent(id) {
			continue
		}
		_, err := r.propose(ctx, id, roster.EndSession{ID: s.ID, Shard: id})
		if err == nil {
			_, err = r.propose(ctx, r.group.ID(), roster.DetachSession{ID: s.ID, Shard: id})
		}
		if err != nil {
			r.log.Debug("end session elsewhere", "shard", id, "err", err)
			r.mu.Lock()
			r.mu.silent[id] = true
			r.mu.Unlock()
		}
	}
}

func (r *tellRound) isSilent(id roster.ShardID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.mu.silent[id]
}
