package node

import (
	"context"
	"encoding/json"
	"time"

	"roster/cluster"
)

// methodAge asks a node how long it has run. The number is part of the protocol
// between nodes.
const methodAge uint8 = 16

const (
	// twinWithin is how long after its start a node gives way to one that was there
	// before under its name. Later it only complains: its shards count on it.
	twinWithin = 20 * time.Second
	ageWithin  = 2 * time.Second
	// ageMargin is how far apart two ages must be to be told apart over a network.
	ageMargin = time.Second
)

type ageAnswer struct {
	AgeMS int64 `json:"age_ms"`
}

func (n *Node) serveAge() ([]byte, error) {
	return json.Marshal(ageAnswer{n.lease.Age().Milliseconds()})
}

// watchConflicts stops this node when another one carries its id or name and was
// there first. Both hear of the other.
func (n *Node) watchConflicts(ctx context.Context) error {
	for {
		select {
		case twin := <-n.gossip.Conflict():
			if n.givesWay(ctx, twin) {
				return twin
			}
			n.log.Error("another node carries this node's id or name", "err", twin)
		case <-ctx.Done():
			return nil
		}
	}
}

// givesWay reports whether this node is the one to stop. Two nodes of one id vote with
// one voice, so the younger stops however long it has run. A twin that does not answer
// is going already, or is reported again.
func (n *Node) givesWay(ctx context.Context, twin *cluster.TwinError) bool {
	ctx, cancel := context.WithTimeout(ctx, ageWithin)
	defer cancel()
	own := n.lease.Age()
	if twin.ID != n.ID() && own > twinWithin {
		return false
	}
	answer, err := n.net.Call(ctx, twin.Address, methodAge, nil)
	if err != nil {
		n.log.Warn("a node with this node's id or name does not say how old it is", "address", twin.Address, "err", err)
		return false
	}
	var other ageAnswer
	if err := json.Unmarshal(answer, &other); err != nil {
		return false
	}
	return yields(own, time.Duration(other.AgeMS)*time.Millisecond, n.gossip.Advertised(), twin.Address)
}

// yields reports whether the node that has run for own gives way to the other. Where
// ages do not decide, addresses do, so that exactly one of the two stays.
func yields(own, other time.Duration, ownAddress, otherAddress string) bool {
	if (own - other).Abs() > ageMargin {
		return own < other
	}
	return ownAddress > otherAddress
}
