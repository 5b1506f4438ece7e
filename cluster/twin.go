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

// twin is a node that seems to carry our id or our name.
type twin struct {
	id      roster.NodeID
	name    string
	address string
}

// suspectTwin asks for a look at a possible twin; it never waits.
func (c *Cluster) suspectTwin(id roster.NodeID, name, address string) {
	if address == c.address {
		return // a record of this node's own past
	}
	select {
	case c.twins <- twin{id, name, address}:
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
			if c.isTwin(ctx, t) {
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

// report hands a confirmed twin to the reader of Conflict; the first one stays.
func (c *Cluster) report(t twin) {
	what := "name " + t.name
	if t.id == c.config.ID {
		what = "id " + string(t.id)
	}
	err := roster.Errorf(roster.CodeConflict, "another node, at %s, carries this node's %s: stop one of them, or give it another name and an empty data directory", t.address, what)
	c.metrics.twins.Inc()
	c.config.Logger.Error("node id or name is in use twice", "node", t.id, "address", t.address, "err", err)
	select {
	case c.conflict <- err:
	default:
	}
}
