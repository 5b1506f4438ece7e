package shard

import (
	"errors"
	"io"

	"roster/fsm"
	"roster/shard/digest"
	"roster/shard/replica"
)

// Windows returns digests of what this replica applied, oldest first.
func (g *Group) Windows() []digest.Window { return g.replica.Windows() }

// Freeze stops this replica for good because it differs from others and nobody knows who
// is right: it applies nothing more, answers no write and gives up leadership.
func (g *Group) Freeze(why error) { _ = g.replica.Stop(why) } // told by OnFault

// Quarantine is Freeze for a replica that is known to be wrong. What it has is shown to
// nobody ([Group.Readable]), until Reseed, or a snapshot from the leader, replaces it.
func (g *Group) Quarantine(why error) { g.replica.Quarantine(why) }

// Readable returns nil, or the Unavailable with which reads are to be refused here.
func (g *Group) Readable() error {
	if !g.replica.Quarantined() {
		return nil
	}
	return g.unavailable("this node's replica differs from the others and is in quarantine: ask another node", g.replica.Fault())
}

// Seed captures the state for a replica in quarantine, with the Raft index up to which it
// has everything.
func (g *Group) Seed() (index uint64, state *fsm.Snapshot, err error) { return g.replica.Seed() }

// Reseed ends a quarantine with what another replica gave by Seed. With an error the
// replica is as it was.
func (g *Group) Reseed(index uint64, state io.Reader) error { return g.replica.Reseed(index, state) }

// heal takes back what a quarantine had stopped. It must not wait.
func (g *Group) heal() {
	if err := g.stopped.Load(); err != nil && errors.Is(*err, replica.ErrQuarantine) {
		g.stopped.Store(nil)
		g.link.Unmute()
		g.config.OnFault(g.id, nil)
	}
	select {
	case g.healed <- struct{}{}:
	default: // a snapshot is due already
	}
	g.bell.Ring()
}
