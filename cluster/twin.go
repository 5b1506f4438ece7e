package cluster

import (
	"context"
	"time"

	"roster"
)

// twinsMax bounds the suspected twins that wait to be looked into.
const twinsMax = 16

const (
	twinDialTimeout = 3 * time.Second
	// twinEcho is how long a connection to ourselves may take to come out of our own
	// listener.
	twinEcho = 500 * time.Millisecond
)

// twin is a node that seems to carry our id or our name; with moved, another member's
// id at another address.
type twin struct {
	id      roster.NodeID
	name    string
	address string
	moved   bool
}

// suspectTwin asks for a look at a possible twin; it never waits.
func (c *Cluster) suspectTwin(id roster.NodeID, name, address string) {
	if address == c.address {
		return // a record of this node's own past
	}
	c.look(twin{id: id, name: name, address: address})
}

// suspectMove asks for a look at a member that seems to have come back elsewhere; it
// never waits.
func (c *Cluster) suspectMove(id roster.NodeID, address string) {
	c.look(twin{id: id, address: address, moved: true})
}

func (c *Cluster) look(t twin) {
	select {
	case c.twins <- t:
	default:
	}
}

// lookForTwins confirms twins before it reports them. What gossip says of our id or
// name is often only our own past: a restart under a new address or a new id, of
// which others still tell. So a twin counts when the node at that address answers,
// holds the key, is who gossip says, and is not this process.
func (c *Cluster) lookForTwins(ctx context.Context) {
	for {
		select {
		case t := <-c.twins:
			switch {
			case t.moved:
				c.followMove(ctx, t)
			case c.isTwin(ctx, t):
				c.report(t)
			}
		case <-ctx.Done():
			return
		}
	}
}

func (c *Cluster) isTwin(ctx context.Context, t twin) bool {
	ctx, cancel := context.WithTimeout(ctx, twinDialTimeout)
	defer cancel()
	conn, err := c.config.Dial(ctx, t.address)
	if err != nil {
		return false
	}
	defer conn.Close()
	if c.config.Peer != nil {
		if id, known := c.config.Peer(conn); known && id != t.id {
			return false
		}
	}
	echo := time.NewTimer(twinEcho)
	defer echo.Stop()
	select {
	case <-echo.C:
	case <-ctx.Done():
		return false
	}
	return !c.wire.acceptedFrom(conn.LocalAddr().String())
}

// TwinError says that another live node, ID at Address, carries this node's id or
// name. It wraps a *roster.Error with CodeConflict.
type TwinError struct {
	ID      roster.NodeID
	Address string
	refusal *roster.Error
}

// Error returns what is wrong and what to do.
func (e *TwinError) Error() string { return e.refusal.Error() }

// Unwrap returns the error with its code.
func (e *TwinError) Unwrap() error { return e.refusal }

// report hands a confirmed twin to the reader of Conflict; the first one stays.
func (c *Cluster) report(t twin) {
	what := "name " + t.name
	if t.id == c.config.ID {
		what = "id " + string(t.id)
	}
	err := &TwinError{ID: t.id, Address: t.address, refusal: roster.Errorf(roster.CodeConflict,
		"another node, at %s, carries this node's %s: stop one of them, or give it another name and an empty data directory", t.address, what)}
	c.metrics.twins.Inc()
	c.config.Logger.Error("node id or name is in use twice", "node", t.id, "address", t.address, "err", err)
	select {
	case c.conflict <- err:
	default:
	}
}

// followMove takes over the new address of a member that was killed and came back
// elsewhere. memberlist keeps the old address until it has found it dead for
// reclaimAfter; the node itself proves sooner who it is. A member that still answers
// at its old address has not moved: the other one is its twin, and theirs to settle.
func (c *Cluster) followMove(ctx context.Context, t twin) {
	old, known := c.Address(t.id)
	if !known || old == t.address || !c.isAt(ctx, t.address, t.id) || c.isAt(ctx, old, t.id) {
		return
	}
	c.config.Logger.Info("member has moved", "node", t.id, "from", old, "to", t.address)
	c.roll.move(t.id, old, t.address)
}

// isAt reports whether the node at address proves to be id.
func (c *Cluster) isAt(ctx context.Context, address string, id roster.NodeID) bool {
	if c.config.Peer == nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, twinDialTimeout)
	defer cancel()
	conn, err := c.config.Dial(ctx, address)
	if err != nil {
		return false
	}
	defer conn.Close()
	peer, known := c.config.Peer(conn)
	return known && peer == id
}
