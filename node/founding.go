package node

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"roster"
)

// A founding decides, once, which nodes begin a cluster. A node that sees enough
// members and is the smallest of them proposes itself and the Expect smallest ids.
// Every one of the set persists one promise to that proposal before it answers, and
// all of them are needed: two proposals that both complete would share a promiser,
// who is bound to one. A proposer that sees a smaller id, or is not complete within
// proposeWithin, first persists that it gave up and only then tells its promisers;
// nobody else may release them. A node with data neither proposes nor promises.

const (
	meetEvery     = 200 * time.Millisecond
	proposeWithin = 2 * time.Second
)

// proposal is one attempt to found a cluster.
type proposal struct {
	Proposer   roster.NodeID     `json:"proposer"`
	Number     uint64            `json:"number"` // counts the proposer's attempts
	Members    []roster.NodeID   `json:"members"`
	ClusterID  string            `json:"cluster_id"`
	Shards     int               `json:"shards"`
	Durability roster.Durability `json:"durability"`
}

func (p *proposal) same(q *proposal) bool {
	return p != nil && q != nil && p.Proposer == q.Proposer && p.Number == q.Number
}

// founder owns the identity while it can still change. turn admits one change at a
// time, its write to disk included.
type founder struct {
	identity *identity
	config   Config
	log      *slog.Logger
	turn     chan struct{}
	call     func(ctx context.Context, to roster.NodeID, method uint8, body []byte) ([]byte, error)
	alive    func() []roster.NodeID // live members, sorted, this node among them
	released map[roster.NodeID]uint64
	decided  chan struct{} // closed when identity.ClusterID is set
}

func newFounder(id *identity, c Config) *founder {
	f := &founder{identity: id, config: c, log: c.Logger, turn: make(chan struct{}, 1),
		released: make(map[roster.NodeID]uint64), decided: make(chan struct{})}
	if id.ClusterID != "" {
		close(f.decided)
	}
	return f
}

// change runs edit on the identity and saves it. When edit or save fails nothing
// has changed.
func (f *founder) change(edit func(*identity) error) error {
	f.turn <- struct{}{}
	defer func() { <-f.turn }()
	next := *f.identity
	if err := edit(&next); err != nil {
		return err
	}
	if next == *f.identity {
		return nil
	}
	if err := next.save(); err != nil {
		return err
	}
	if next.ClusterID != "" && f.identity.ClusterID == "" {
		defer close(f.decided)
	}
	*f.identity = next
	return nil
}

// look returns a copy of the identity.
func (f *founder) look() identity {
	f.turn <- struct{}{}
	defer func() { <-f.turn }()
	return *f.identity
}

// meet goes on until this node belongs to a cluster: it asks members that do to be
// admitted, and founds one with those that do not.
func (f *founder) meet(ctx context.Context) error {
	if err := f.giveUp("was interrupted"); err != nil {
		return err
	}
	for try := 0; ; try++ {
		if err := f.round(ctx); err != nil {
			return err
		}
		select {
		case <-f.decided:
			return nil
		default:
		}
		if !wait(ctx, meetEvery) {
			return nil
		}
	}
}

// round is one try. Only a fault of the own disk or a lasting refusal is an error.
func (f *founder) round(ctx context.Context) error {
	members := f.alive()
	if admitted, err := f.seekAdmission(ctx, members); admitted || err != nil {
		return err
	}
	f.sendReleases(ctx, members)
	if f.mayPropose(members) {
		return f.propose(ctx, members[:f.config.Expect])
	}
	return nil
}

func (f *founder) mayPropose(members []roster.NodeID) bool {
	id := f.look()
	return f.config.Expect > 0 && len(members) >= f.config.Expect && members[0] == id.NodeID && id.Promise == nil && id.ClusterID == ""
}

// propose makes one attempt and either founds the cluster or gives the attempt up.
func (f *founder) propose(ctx context.Context, members []roster.NodeID) error {
	var p *proposal
	if err := f.change(func(id *identity) error {
		id.Proposals++
		p = &proposal{Proposer: id.NodeID, Number: id.Proposals, Members: slices.Clone(members),
			ClusterID: randomHex(8), Shards: f.config.Shards, Durability: f.config.Durability}
		id.Open, id.Promise = p, p
		return nil
	}); err != nil {
		return err
	}
	if why := f.gather(ctx, p); why != "" {
		f.log.Info("founding given up", "number", p.Number, "why", why)
		return f.giveUp(why)
	}
	f.log.Info("founding the cluster", "members", len(p.Members), "cluster_id", p.ClusterID)
	return f.found(p)
}

// gather asks every other member for its promise; "" means that all have given it
// and no smaller id has come into sight.
func (f *founder) gather(ctx context.Context, p *proposal) (why string) {
	ctx, cancel := context.WithTimeout(ctx, proposeWithin)
	defer cancel()
	body, err := json.Marshal(p)
	if err != nil {
		return err.Error()
	}
	refusals := make([]error, len(p.Members))
	var all sync.WaitGroup
	for i, member := range p.Members {
		if member != p.Proposer {
			all.Go(func() { _, refusals[i] = f.call(ctx, member, methodPromise, body) })
		}
	}
	all.Wait()
	for i, refusal := range refusals {
		if refusal != nil {
			return fmt.Sprintf("%s: %v", p.Members[i], refusal)
		}
	}
	if members := f.alive(); len(members) > 0 && members[0] < p.Proposer {
		return fmt.Sprintf("%s is smaller", members[0])
	}
	return ""
}

// found makes p the cluster's beginning on this node.
func (f *founder) found(p *proposal) error {
	return f.change(func(id *identity) error {
		id.ClusterID, id.Shards, id.Founding = p.ClusterID, p.Shards, p
		id.Promise, id.Open = nil, nil
		return nil
	})
}

// giveUp persists that the open proposal, if any, is abandoned.
func (f *founder) giveUp(why string) error {
	if f.look().Open == nil {
		return nil
	}
	return f.change(func(id *identity) error {
		if id.Promise.same(id.Open) {
			id.Promise = nil
		}
		id.Open = nil
		return nil
	})
}

// release is the word that every proposal of a proposer up to Number is given up.
type release struct {
	Number uint64 `json:"number"`
}

// sendReleases repeats to all what this node has given up: whoever missed it before
// would stay bound.
func (f *founder) sendReleases(ctx context.Context, members []roster.NodeID) {
	id := f.look()
	if id.Proposals == 0 || id.Open != nil {
		return
	}
	body, err := json.Marshal(release{id.Proposals})
	if err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, proposeWithin)
	defer cancel()
	var all sync.WaitGroup
	for _, member := range members {
		if member != id.NodeID {
			all.Go(func() { f.call(ctx, member, methodRelease, body) }) //nolint:errcheck // repeated at the next round
		}
	}
	all.Wait()
}

// servePromise binds this node to a proposal, unless it is bound or has data. A
// proposer that asks again has given up what it asked before.
func (f *founder) servePromise(from roster.NodeID, body []byte) ([]byte, error) {
	p, err := unmarshal[proposal](body)
	if err != nil {
		return nil, err
	}
	return nil, f.change(func(id *identity) error {
		switch {
		case p.Proposer != from || !slices.Contains(p.Members, id.NodeID):
			return errWire
		case id.ClusterID != "":
			return roster.Errorf(roster.CodeConflict, "node %s already belongs to a cluster", id.NodeID)
		case p.Durability != id.Durability:
			return roster.Errorf(roster.CodeConflict, "node %s was started with durability %s", id.NodeID, id.Durability)
		case p.Number <= f.released[from], id.Promise != nil && id.Promise.Proposer == from && p.Number < id.Promise.Number:
			return roster.Errorf(roster.CodeConflict, "that proposal was given up")
		case id.Promise != nil && id.Promise.Proposer != from:
			return roster.Errorf(roster.CodeConflict, "node %s has promised itself to %s", id.NodeID, id.Promise.Proposer)
		}
		id.Promise = &p
		return nil
	})
}

func (f *founder) serveRelease(from roster.NodeID, body []byte) ([]byte, error) {
	r, err := unmarshal[release](body)
	if err != nil {
		return nil, err
	}
	return nil, f.change(func(id *identity) error {
		f.released[from] = max(f.released[from], r.Number)
		if id.Promise != nil && id.Promise.Proposer == from && id.Promise.Number <= r.Number {
			id.Promise = nil
		}
		return nil
	})
}

// serveFound is the proposer's word that all have promised.
func (f *founder) serveFound(from roster.NodeID, body []byte) ([]byte, error) {
	p, err := unmarshal[proposal](body)
	if err != nil {
		return nil, err
	}
	id := f.look()
	switch {
	case id.ClusterID == p.ClusterID:
		return nil, nil
	case p.Proposer == from && p.same(id.Promise):
		return nil, f.found(&p)
	}
	return nil, roster.Errorf(roster.CodeConflict, "node %s has not promised itself to that proposal", id.NodeID)
}

// announce brings the founding to every founder until each has confirmed it.
func (f *founder) announce(ctx context.Context) error {
	id := f.look()
	if id.Founding == nil || id.Founding.Proposer != id.NodeID {
		return nil
	}
	body, err := json.Marshal(id.Founding)
	if err != nil {
		return err
	}
	missing := slices.Clone(id.Founding.Members)
	for len(missing) > 0 {
		missing = slices.DeleteFunc(missing, func(member roster.NodeID) bool {
			if member == id.NodeID {
				return true
			}
			ctx, cancel := context.WithTimeout(ctx, proposeWithin)
			defer cancel()
			_, err := f.call(ctx, member, methodFound, body)
			return err == nil || roster.CodeOf(err) == roster.CodeConflict
		})
		if len(missing) > 0 && !wait(ctx, meetEvery) {
			return nil
		}
	}
	return nil
}
