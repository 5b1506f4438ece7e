package node

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"roster"
	"roster/node/router"
)

// lease is this node's lease in the system shard. Renewals that are lost cost
// nothing; once NodeLeaseMargin has passed since the *sending* of the last
// acknowledged one, the node must take it that others think it dead.
type lease struct {
	router *router.Router
	self   func() roster.NodeInfo
	log    *slog.Logger
	acked  atomic.Int64 // when the last acknowledged renewal was sent, after start
	start  time.Time
	// leaving is set while and after the node says that it leaves: a renewal that is
	// refused for that reason must not enter the node again.
	leaving atomic.Bool
}

// leaseAttempt bounds one renewal, so that a lost one leaves time for another.
const leaseAttempt = time.Second

// held reports whether nobody can think this node dead yet.
func (l *lease) held() bool {
	acked := l.acked.Load()
	return acked != 0 && time.Since(l.start)-time.Duration(acked) < roster.NodeLeaseMargin
}

// run enters the node in the system shard and renews its lease until ctx ends.
func (l *lease) run(ctx context.Context) error {
	var command roster.Command = roster.JoinNode{Node: l.self()}
	for {
		sent := time.Since(l.start)
		if l.leaving.Load() {
			if !router.Wait(ctx, roster.NodeLeaseRenew) {
				return nil
			}
			continue
		}
		switch err := l.send(ctx, command); roster.CodeOf(err) {
		case "":
			l.acked.Store(int64(sent))
			command = roster.RenewNode{ID: l.self().ID}
		case roster.CodeNotFound, roster.CodeGone, roster.CodeConflict:
			command = roster.JoinNode{Node: l.self()}
		default:
			l.log.Debug("renew lease", "err", err)
		}
		if !router.Wait(ctx, roster.NodeLeaseRenew-min(time.Since(l.start)-sent, roster.NodeLeaseRenew)) {
			return nil
		}
	}
}

// send makes one try. It carries no Request: renewing twice is harmless.
func (l *lease) send(ctx context.Context, c roster.Command) error {
	ctx, cancel := context.WithTimeout(ctx, leaseAttempt)
	defer cancel()
	op := roster.Op{Ring: l.router.Ring(), Command: c}
	return l.router.ProposeAll(ctx, roster.SystemShard, []roster.Op{op})[0].Refusal()
}
