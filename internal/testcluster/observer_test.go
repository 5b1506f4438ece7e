package testcluster_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"roster"
	"roster/internal/testcluster"
)

// observer reads one agent at one node after the other, each time asking for what it has
// seen, and looks how far replicas are: neither may ever go back.
type observer struct {
	id       roster.AgentID
	token    roster.Token
	revision roster.Index
	indexes  map[replicaOf]roster.Index
	reads    int
	faults   []string
}

// replicaOf is a shard on one node, from its start to its end.
type replicaOf struct {
	node  roster.Service
	shard roster.ShardID
}

func newObserver(id roster.AgentID) *observer {
	return &observer{id: id, indexes: make(map[replicaOf]roster.Index)}
}

func (o *observer) run(ctx context.Context, c *testcluster.Cluster) {
	random := rand.New(rand.NewPCG(0, 17))
	for ctx.Err() == nil {
		if up := c.Running(); len(up) > 0 {
			if n := c.Node(up[random.IntN(len(up))]); n != nil {
				o.look(ctx, n)
				o.read(ctx, n)
			}
		}
		after(50 * time.Millisecond)
	}
}

func (o *observer) look(ctx context.Context, s roster.Service) {
	shards, err := s.Shards(ctx)
	if err != nil {
		return
	}
	for _, status := range shards {
		at := replicaOf{s, status.ID}
		if status.Holder != "" || status.AgeMS < 0 { // another node's replica, or nobody's: one that comes here later begins anew
			delete(o.indexes, at)
			continue
		}
		if before := o.indexes[at]; status.Index < before {
			o.faults = append(o.faults, fmt.Sprintf("a replica of shard %v went from index %d to %d", status.ID, before, status.Index))
		}
		o.indexes[at] = status.Index
	}
}

func (o *observer) read(ctx context.Context, s roster.Service) {
	ctx, cancel := context.WithTimeout(ctx, 500*time.Millisecond)
	defer cancel()
	record, stamp, err := s.Lookup(ctx, o.id, roster.Read{After: o.token})
	if err != nil {
		return
	}
	o.reads++
	if record.Revision < o.revision {
		o.faults = append(o.faults, fmt.Sprintf("%s went from revision %d to %d under a token", o.id, o.revision, record.Revision))
	}
	o.revision = record.Revision
	o.token = roster.Token(roster.Position{}.Advance(stamp.Shard, max(stamp.Index, record.Revision)).Encode())
}

// backward answers with ever older records and indexes: the planted bug.
type backward struct {
	roster.Service
	index roster.Index
}

func (b *backward) Shards(context.Context) ([]roster.ShardStatus, error) {
	b.index--
	return []roster.ShardStatus{{ID: 1, Index: b.index}}, nil
}

func (b *backward) Lookup(_ context.Context, id roster.AgentID, _ roster.Read) (*roster.Record, roster.Stamp, error) {
	b.index--
	return &roster.Record{Agent: roster.Agent{ID: id}, Revision: b.index}, roster.Stamp{Shard: 1, Index: b.index}, nil
}

// The checks themselves must be able to fail.
func TestObserverSeesFaults(t *testing.T) {
	for name, see := range map[string]func(*observer, roster.Service){
		"index":    func(o *observer, s roster.Service) { o.look(t.Context(), s) },
		"revision": func(o *observer, s roster.Service) { o.read(t.Context(), s) },
	} {
		o, s := newObserver("a/a"), &backward{index: 10}
		see(o, s)
		see(o, s)
		if len(o.faults) != 1 {
			t.Errorf("%s: %v", name, o.faults)
		}
	}
}
