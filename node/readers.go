package node

import (
	"context"
	"slices"
	"time"

	"roster"
	"roster/fsm"
	"roster/node/router"
	"roster/shard"
)

// readersEvery is how often a leader compares the nodes that the system shard knows
// with the readers that its group has.
const readersEvery = 500 * time.Millisecond

// tendReaders makes every live node that does not vote in g a reader of it, and
// removes the readers that have left, one change at a time, while this node leads.
func (n *Node) tendReaders(ctx context.Context, g *shard.Group) error {
	for {
		if err := n.tendOnce(ctx, g); err != nil {
			n.log.Debug("tend readers", "shard", g.ID(), "err", err)
		}
		if !router.Wait(ctx, readersEvery) {
			return nil
		}
	}
}

func (n *Node) tendOnce(ctx context.Context, g *shard.Group) error {
	nodes, err := n.knownNodes()
	if err != nil {
		return err
	}
	voters, readers := g.Servers()
	enter, leave := readerChanges(nodes, voters, readers)
	for _, id := range enter {
		if err := g.AddReader(ctx, id); err != nil {
			return err
		}
	}
	for _, id := range leave {
		if err := g.RemoveReader(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// readerChanges returns which nodes should become readers, and which readers go.
func readerChanges(nodes []roster.NodeInfo, voters, readers []roster.NodeID) (enter, leave []roster.NodeID) {
	for _, node := range nodes {
		reader := slices.Contains(readers, node.ID)
		switch {
		case node.State == roster.NodeAlive && !reader && !slices.Contains(voters, node.ID):
			enter = append(enter, node.ID)
		case node.State == roster.NodeLeft && reader:
			leave = append(leave, node.ID)
		}
	}
	return enter, leave
}

// knownNodes lists what the system shard knows, from the local replica.
func (n *Node) knownNodes() (nodes []roster.NodeInfo, err error) {
	g, err := n.router.Group(roster.SystemShard)
	if err != nil {
		return nil, err
	}
	_, err = g.View(func(v *fsm.View) error {
		nodes = v.Nodes()
		return nil
	})
	return nodes, err
}
