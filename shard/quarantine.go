package shard

import (
	"roster"
	"roster/shard/digest"
)

// Windows returns digests of what this replica applied, oldest first.
func (g *Group) Windows() []digest.Window { return g.replica.Windows() }

// Quarantine stops this replica for good because it differs from others: it applies
// nothing more, takes no snapshot, answers no write and gives up leadership. When it is
// this one that is wrong, what it has is shown to nobody either ([Group.Readable]).
func (g *Group) Quarantine(why error, wrong bool) {
	g.wrong.Store(wrong)
	_ = g.replica.Stop(why) // told by OnFault
}

// Readable returns nil, or the Unavailable with which reads are to be refused here.
func (g *Group) Readable() error {
	if !g.wrong.Load() {
		return nil
	}
	return &roster.Error{Code: roster.CodeUnavailable, Shard: g.id, Detail: "this node's replica of the shard differs from the others and is in quarantine: ask another node", Cause: g.replica.Fault()}
}
