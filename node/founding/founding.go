package founding

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"time"

	"roster"
)

const (
	meetEvery     = 200 * time.Millisecond
	proposeWithin = 2 * time.Second
)

// Proposal is one attempt to found a cluster.
type Proposal struct {
	Proposer   roster.NodeID     `json:"proposer"`
	Number     uint64            `json:"number"` // counts the proposer's attempts
	Members    []roster.NodeID   `json:"members"`
	ClusterID  string            `json:"cluster_id"`
	Shards     int               `json:"shards"`
	Durability roster.Durability `json:"durability"`
	Readers    roster.Readers    `json:"readers,omitzero"`
}

func (p *Proposal) same(q *Proposal) bool {
	return p != nil && q != nil && p.Proposer == q.Proposer && p.Number == q.Number
}

// Founder owns the identity while it can still change. turn admits one change at a
// time, its write to disk included.
type Founder struct {
	identity *Identity
	config   Config
	turn     chan struct{}
	released map[roster.NodeID]uint64
	warned   bool          // of two clusters; for Meet alone
	decided  chan struct{} // closed when identity.ClusterID is set
}

// New returns a founder that owns id from now on.
func New(id *Identity, c Config) *Founder {
	f := &Founder{identity: id, config: c, turn: make(chan struct{}, 1),
		released: make(map[roster.NodeID]uint64), decided: make(chan struct{})}
	if id.ClusterID != "" {
		close(f.decided)
	}
	return f
}

// Change runs edit on the identity and saves it. When edit or save fails nothing
// has changed.
func (f *Founder) Change(edit func(*Identity) error) error {
	f.turn <- struct{}{}
	defer func() { <-f.turn }()
	next := *f.identity
	if err := edit(&next); err != nil {
		return err
	}
	if reflect.DeepEqual(next, *f.identity) {
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

// Look returns a copy of the identity.
func (f *Founder) Look() Identity {
	f.turn <- struct{}{}
	defer func() { <-f.turn }()
	return *f.identity
}

// Meet goes on until this node belongs to a cluster: it asks members that do to be
// admitted, and founds one with those that do not.
func (f *Founder) Meet(ctx context.Context) error {
	if err := f.giveUp("was interrupted"); err != nil {
		return err
	}
	// The word that the cluster is founded may come while a member is asked for
	// admission, which cannot succeed before this node has begun its part.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	watch := make(chan struct{})
	go func() {
		defer close(watch)
		select {
		case <-f.decided:
			cancel()
		case <-ctx.Done():
		}
	}()
	defer func() { cancel(); <-watch }()
	for {
		if err := f.round(ctx); err != nil && ctx.Err() == nil {
			return err
		}
		if !wait(ctx, meetEvery) {
			return nil
		}
	}
}

// round is one try. Only a fault of the own disk or a lasting refusal is an error.
func (f *Founder) round(ctx context.Context) error {
	members := f.config.Alive()
	if f.torn() {
		return nil
	}
	if admitted, err := f.seekAdmission(ctx, members); admitted || err != nil {
		return err
	}
	f.sendReleases(ctx, members)
	if f.mayPropose(members) {
		return f.propose(ctx, members[:f.config.Expect])
	}
	return nil
}

// torn reports whether this node has met two clusters under its name and key. To which one
// it belongs is not for chance to decide.
func (f *Founder) torn() bool {
	if f.config.Clusters == nil {
		return false
	}
	ids := f.config.Clusters()
	torn := len(ids) > 1
	if torn && !f.warned {
		f.config.Logger.Error("two clusters have one name and one key, and this node has met both: it joins neither until one is gone; --join should name nodes of one", "cluster_ids", ids)
	}
	f.warned = torn
	return torn
}

func (f *Founder) mayPropose(members []roster.NodeID) bool {
	id := f.Look()
	return f.config.Expect > 0 && len(members) >= f.config.Expect && members[0] == id.NodeID && id.Promise == nil && id.ClusterID == ""
}

// propose makes one attempt and either founds the cluster or gives the attempt up.
func (f *Founder) propose(ctx context.Context, members []roster.NodeID) error {
	var p *Proposal
	if err := f.Change(func(id *Identity) error {
		id.Proposals++
		p = &Proposal{Proposer: id.NodeID, Number: id.Proposals, Members: slices.Clone(members),
			ClusterID: RandomHex(8), Shards: f.config.Shards, Durability: f.config.Durability, Readers: f.config.Readers}
		id.Open, id.Promise = p, p
		return nil
	}); err != nil {
		return err
	}
	if why := f.gather(ctx, p); why != "" {
		f.config.Logger.Info("founding given up", "number", p.Number, "why", why)
		return f.giveUp(why)
	}
	f.config.Logger.Info("founding the cluster", "members", len(p.Members), "cluster_id", p.ClusterID)
	return f.found(p)
}

// gather asks every other member for its promise; "" means that all have given it
// and no smaller id has come into sight.
func (f *Founder) gather(ctx context.Context, p *Proposal) (why string) {
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
			all.Go(func() { _, refusals[i] = f.config.Call(ctx, member, MethodPromise, body) })
		}
	}
	all.Wait()
	for i, refusal := range refusals {
		if refusal != nil {
			return fmt.Sprintf("%s: %v", p.Members[i], refusal)
		}
	}
	if members := f.config.Alive(); len(members) > 0 && members[0] < p.Proposer {
		return fmt.Sprintf("%s is smaller", members[0])
	}
	return ""
}

// found makes p the cluster's beginning on this node.
func (f *Founder) found(p *Proposal) error {
	return f.Change(func(id *Identity) error {
		if id.ClusterID == "" {
			id.begin(p)
		}
		return nil
	})
}

// begin makes the node a founder of the proposed cluster.
func (id *Identity) begin(p *Proposal) {
	id.ClusterID, id.Shards, id.Founding = p.ClusterID, p.Shards, p
	id.Promise, id.Open = nil, nil
}

// giveUp persists that the open proposal, if any, is abandoned.
func (f *Founder) giveUp(why string) error {
	if f.Look().Open == nil {
		return nil
	}
	return f.Change(func(id *Identity) error {
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
func (f *Founder) sendReleases(ctx context.Context, members []roster.NodeID) {
	id := f.Look()
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
			all.Go(func() { f.config.Call(ctx, member, MethodRelease, body) }) //nolint:errcheck // repeated at the next round
		}
	}
	all.Wait()
}

// Serve answers what another node calls. ok is false for a method that is not the
// founder's.
func (f *Founder) Serve(from roster.NodeID, method uint8, body []byte) (answer []byte, ok bool, err error) {
	switch method {
	case MethodHello:
		answer, err = f.serveHello()
	case MethodPromise:
		answer, err = f.servePromise(from, body)
	case MethodRelease:
		answer, err = f.serveRelease(from, body)
	case MethodFound:
		answer, err = f.serveFound(from, body)
	default:
		return nil, false, nil
	}
	return answer, true, err
}

// servePromise binds this node to a proposal, unless it is bound or has data. A
// proposer that asks again has given up what it asked before.
func (f *Founder) servePromise(from roster.NodeID, body []byte) ([]byte, error) {
	p, err := unmarshal[Proposal](body)
	if err != nil {
		return nil, err
	}
	return nil, f.Change(func(id *Identity) error {
		switch {
		case p.Proposer != from || !slices.Contains(p.Members, id.NodeID):
			return errMessage
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

func (f *Founder) serveRelease(from roster.NodeID, body []byte) ([]byte, error) {
	r, err := unmarshal[release](body)
	if err != nil {
		return nil, err
	}
	return nil, f.Change(func(id *Identity) error {
		f.released[from] = max(f.released[from], r.Number)
		if id.Promise != nil && id.Promise.Proposer == from && id.Promise.Number <= r.Number {
			id.Promise = nil
		}
		return nil
	})
}

// serveFound is the proposer's word that all have promised.
func (f *Founder) serveFound(from roster.NodeID, body []byte) ([]byte, error) {
	p, err := unmarshal[Proposal](body)
	if err != nil {
		return nil, err
	}
	id := f.Look()
	switch {
	case id.ClusterID == p.ClusterID:
		return nil, nil
	case p.Proposer == from && p.same(id.Promise):
		return nil, f.found(&p)
	}
	return nil, roster.Errorf(roster.CodeConflict, "node %s has not promised itself to that proposal", id.NodeID)
}

// Announce brings the founding to every founder until each has confirmed it.
func (f *Founder) Announce(ctx context.Context) error {
	id := f.Look()
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
			_, err := f.config.Call(ctx, member, MethodFound, body)
			return err == nil || roster.CodeOf(err) == roster.CodeConflict
		})
		if len(missing) > 0 && !wait(ctx, meetEvery) {
			return nil
		}
	}
	return nil
}
