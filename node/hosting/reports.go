package hosting

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"roster"
	"roster/fleet"
)

const (
	// reportsMax bounds the reports that go to one shard together.
	reportsMax = 1000
	// reportAgain is how long reports rest that could not be brought to their shard.
	reportAgain = 200 * time.Millisecond
)

// reports are what members have come to and the log has not heard yet: the last of each, so
// that there are no more than members.
type reports struct {
	wake chan struct{}
	mu   struct {
		sync.Mutex
		waiting map[roster.AgentID]fleet.Report
	}
}

func (r *reports) init() {
	r.wake = make(chan struct{}, 1)
	r.mu.waiting = map[roster.AgentID]fleet.Report{}
}

// put adds a report, in place of an earlier one of the same member.
func (r *reports) put(x fleet.Report) {
	r.mu.Lock()
	r.mu.waiting[x.Agent] = x
	r.mu.Unlock()
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

func (r *reports) clear() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.mu.waiting)
}

// run brings reports to their shards until ctx ends.
func (r *reports) run(ctx context.Context, propose func(context.Context, roster.ShardID, []roster.Command) []error,
	shardOf func(roster.AgentID) (roster.ShardID, bool), log *slog.Logger,
) error {
	for {
		select {
		case <-r.wake:
		case <-ctx.Done():
			return nil
		}
		var sending sync.WaitGroup
		for shard, batch := range r.take(shardOf) {
			sending.Go(func() { r.send(ctx, shard, batch, propose, log) })
		}
		sending.Wait()
	}
}

// take takes what waits, by shard. What is none of this node's any more is dropped.
func (r *reports) take(shardOf func(roster.AgentID) (roster.ShardID, bool)) map[roster.ShardID][]roster.Command {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := map[roster.ShardID][]roster.Command{}
	for id, x := range r.mu.waiting {
		if shard, ok := shardOf(id); ok {
			out[shard] = append(out[shard], x)
		}
		delete(r.mu.waiting, id)
	}
	return out
}

// send proposes a shard's reports. One whose shard cannot be reached waits, unless there is
// a newer one by then. So does one that is Refused: a node that has just started may not know
// yet on which level of commands the cluster has agreed. A Conflict is an answer: the member
// lives under another epoch.
func (r *reports) send(ctx context.Context, shard roster.ShardID, batch []roster.Command, propose func(context.Context, roster.ShardID, []roster.Command) []error, log *slog.Logger) {
	for part := range slices.Chunk(batch, reportsMax) {
		again := false
		for i, err := range propose(ctx, shard, part) {
			switch roster.CodeOf(err) {
			case "", roster.CodeConflict, roster.CodeNotFound, roster.CodeInvalid:
			default:
				again = true
				r.back(part[i].(fleet.Report))
				log.Debug("report", "shard", shard, "err", err)
			}
		}
		if again {
			time.AfterFunc(reportAgain, func() {
				select {
				case r.wake <- struct{}{}:
				default:
				}
			})
		}
	}
}

func (r *reports) back(x fleet.Report) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, newer := r.mu.waiting[x.Agent]; !newer {
		r.mu.waiting[x.Agent] = x
	}
}
