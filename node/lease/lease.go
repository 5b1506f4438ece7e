package lease

import (
	"context"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"roster"
	"roster/node/router"
)

// Lease is a node's lease in the system shard. Renewals that are lost cost nothing;
// once NodeLeaseMargin has passed since the sending of the last acknowledged one, the
// node must take it that others think it dead.
type Lease struct {
	router *router.Router
	self   func() roster.NodeInfo
	log    *slog.Logger
	start  time.Time
	acked  atomic.Int64 // when the last acknowledged renewal was sent, after start
	// leaving is set while and after the node says that it leaves: a renewal that is
	// refused for that reason must not enter the node again.
	leaving atomic.Bool
}

// New returns a lease that is not held yet. self is what Run enters.
func New(r *router.Router, self func() roster.NodeInfo, log *slog.Logger) *Lease {
	return &Lease{router: r, self: self, log: log, start: time.Now()}
}

// Age returns how long ago New was called: how long this node has been up.
func (l *Lease) Age() time.Duration { return time.Since(l.start) }

// Leaving tells Run whether to hold still because the node is leaving.
func (l *Lease) Leaving(yes bool) { l.leaving.Store(yes) }

// attemptMax bounds one renewal, so that a lost one leaves time for another.
const attemptMax = time.Second

// Since returns how long ago the last acknowledged renewal was sent; negative while there
// was none.
func (l *Lease) Since() time.Duration {
	acked := l.acked.Load()
	if acked == 0 {
		return -1
	}
	return l.Age() - time.Duration(acked)
}

// Held reports whether nobody can think this node dead yet.
func (l *Lease) Held() bool {
	since := l.Since()
	return since >= 0 && since < roster.NodeLeaseMargin
}

// Run enters the node in the system shard and renews its lease until ctx ends. The error is
// Gone: the cluster never lets this node in again.
func (l *Lease) Run(ctx context.Context) error {
	entered := l.self()
	var command roster.Command = roster.JoinNode{Node: entered}
	for {
		sent := l.Age()
		if l.leaving.Load() {
			if !router.Wait(ctx, roster.NodeLeaseRenew) {
				return nil
			}
			continue
		}
		switch err := l.send(ctx, command); roster.CodeOf(err) {
		case "":
			l.acked.Store(int64(sent))
			command = roster.RenewNode{ID: entered.ID}
			if now := l.self(); !slices.Equal(now.Labels, entered.Labels) {
				entered, command = now, roster.JoinNode{Node: now}
			}
		case roster.CodeGone:
			return err
		case roster.CodeNotFound, roster.CodeConflict:
			entered = l.self()
			command = roster.JoinNode{Node: entered}
		case roster.CodeRefused: // the leader does not know yet that all can read labels
			entered.Labels = nil
			command = roster.RenewNode{ID: entered.ID}
		default:
			l.log.Debug("renew lease", "err", err)
		}
		if !router.Wait(ctx, roster.NodeLeaseRenew-min(l.Age()-sent, roster.NodeLeaseRenew)) {
			return nil
		}
	}
}

// send makes one try. It carries no Request: renewing twice is harmless.
func (l *Lease) send(ctx context.Context, c roster.Command) error {
	ctx, cancel := context.WithTimeout(ctx, attemptMax)
	defer cancel()
	_, err := l.router.ProposeLoose(ctx, roster.SystemShard, c)
	return err
}
