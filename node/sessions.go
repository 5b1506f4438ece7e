package node

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"roster"
	"roster/fsm"
)

// holdEvery is how often a node renews a session that a client holds open at it,
// as a part of the TTL.
const holdEvery = 3

// keepers finds the keeper of a shard that this node leads.
type keepers struct {
	mu struct {
		sync.Mutex
		of map[roster.ShardID]*keeper
	}
}

func newKeepers() *keepers {
	k := &keepers{}
	k.mu.of = make(map[roster.ShardID]*keeper)
	return k
}

func (k *keepers) get(id roster.ShardID) *keeper {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.mu.of[id]
}

func (k *keepers) set(id roster.ShardID, keeper *keeper) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.mu.of[id] = keeper
}

// applied tells the keeper of a shard what a proposal did to its sessions.
func (k *keepers) applied(id roster.ShardID, op roster.Op, result roster.Result) {
	switch c := op.Command.(type) {
	case roster.OpenSession:
		if s, ok := result.Value.(roster.Session); ok && result.Err == nil {
			if keeper := k.get(id); keeper != nil {
				keeper.opened(s)
			}
		}
	case roster.EndSession:
		if keeper := k.get(id); keeper != nil && result.Err == nil {
			keeper.closed(c.ID)
		}
	}
}

// attach makes sure, before a session is first used in the shard of key, that the
// session lives and that its home record names that shard. The local replica may
// answer "yes" early or late: an ended session is refused by the shard itself.
func (n *Node) attach(ctx context.Context, id roster.SessionID, key roster.Key) error {
	home, err := n.router.shardOf(id.Key())
	if err != nil {
		return err
	}
	target, err := n.router.shardOf(key)
	if err != nil {
		return err
	}
	if n.attached(id, home, target) {
		return nil
	}
	// The attachment is not the caller's operation: it runs under a request of its own.
	_, err = n.router.proposeOwn(ctx, home, roster.AttachSession{ID: id, Shard: target})
	return err
}

func (n *Node) attached(id roster.SessionID, home, target roster.ShardID) bool {
	g, err := n.router.group(home)
	if err != nil {
		return false
	}
	attached := false
	_, err = g.View(func(v *fsm.View) error {
		s, ok := v.Session(id)
		attached = ok && !s.Ended && (home == target || slices.Contains(s.Shards, target))
		return nil
	})
	return err == nil && attached
}

// Session returns a live session from its home shard's leader, or from the local
// replica when that already knows it.
func (n *Node) Session(ctx context.Context, id roster.SessionID) (roster.Session, roster.Stamp, error) {
	if err := id.Validate(); err != nil {
		return roster.Session{}, roster.Stamp{}, err
	}
	home, err := n.router.shardOf(id.Key())
	if err != nil {
		return roster.Session{}, roster.Stamp{}, err
	}
	g, err := n.ready(ctx, home, roster.Read{Level: roster.ReadLinearizable})
	if err != nil {
		return roster.Session{}, roster.Stamp{}, err
	}
	var s roster.Session
	var known bool
	seen, err := g.View(func(v *fsm.View) error {
		s, known = v.Session(id)
		return nil
	})
	stamp := roster.Stamp{Shard: home, Index: seen.Index, Age: seen.Age}
	switch {
	case err != nil:
	case !known:
		err = roster.Errorf(roster.CodeNotFound, "no session %q", string(id))
	case s.Ended:
		err = errEnded(id)
	}
	return s, stamp, err
}

// RenewSessions restarts the TTL of sessions at the leaders of their home shards.
func (n *Node) RenewSessions(ctx context.Context, ids []roster.SessionID) ([]error, error) {
	if len(ids) > roster.BatchMax {
		return nil, roster.Errorf(roster.CodeTooLarge, "%d ids; at most %d", len(ids), roster.BatchMax)
	}
	renewals := make([]renewal, len(ids))
	for i, id := range ids {
		if err := id.Validate(); err != nil {
			return nil, err
		}
		renewals[i] = renewal{ID: id}
	}
	return n.renew(ctx, renewals)
}

// renew passes renewals to the keepers of their home shards, all shards at once.
func (n *Node) renew(ctx context.Context, renewals []renewal) ([]error, error) {
	ctx, cancel := withDeadline(ctx)
	defer cancel()
	byShard := make(map[roster.ShardID][]int)
	for i, r := range renewals {
		home, err := n.router.shardOf(r.ID.Key())
		if err != nil {
			return nil, err
		}
		byShard[home] = append(byShard[home], i)
	}
	faults := make([]error, len(renewals))
	var all sync.WaitGroup
	for home, at := range byShard {
		all.Go(func() {
			part := make([]renewal, len(at))
			for i, j := range at {
				part[i] = renewals[j]
			}
			for i, err := range n.renewShard(ctx, home, part) {
				faults[at[i]] = err
			}
		})
	}
	all.Wait()
	return faults, nil
}

// renewShard tries until the home shard's leader has answered.
func (n *Node) renewShard(ctx context.Context, home roster.ShardID, part []renewal) []error {
	for try := (retry{}); try.next(ctx, false); {
		answers, err := n.renewOnce(ctx, home, part)
		if err == nil {
			return answers
		}
	}
	return slices.Repeat([]error{&roster.Error{Code: roster.CodeUnavailable, Shard: home, RetryAfter: time.Second,
		Detail: "the session's leader did not answer in time"}}, len(part))
}

func (n *Node) renewOnce(ctx context.Context, home roster.ShardID, part []renewal) ([]error, error) {
	ctx, cancel := context.WithTimeout(ctx, attemptWithin)
	defer cancel()
	g, err := n.router.group(home)
	if err != nil {
		return nil, err
	}
	leader, _ := g.Leader()
	switch leader {
	case "":
		return nil, errNoCluster
	case n.ID():
		return n.renewHere(ctx, n.ID(), home, part)
	}
	body, err := json.Marshal(renewRequest{home, part})
	if err != nil {
		return nil, err
	}
	answer, err := n.call(ctx, leader, methodRenew, body)
	if err != nil {
		return nil, err
	}
	codes, err := unmarshal[[]renewAnswer](answer)
	if err != nil || len(codes) != len(part) {
		return nil, errWire
	}
	faults := make([]error, len(codes))
	for i, c := range codes {
		if c.Code != "" {
			faults[i] = &roster.Error{Code: c.Code, Detail: c.Detail}
		}
	}
	return faults, nil
}

// renewRequest and renewAnswer are the messages of methodRenew.
type renewRequest struct {
	Shard    roster.ShardID `json:"shard"`
	Renewals []renewal      `json:"renewals"`
}

type renewAnswer struct {
	Code   roster.Code `json:"code,omitempty"`
	Detail string      `json:"detail,omitempty"`
}

func (n *Node) renewHere(ctx context.Context, from roster.NodeID, home roster.ShardID, part []renewal) ([]error, error) {
	keeper := n.keepers.get(home)
	if keeper == nil {
		return nil, &roster.Error{Code: roster.CodeMoved, Shard: home, Detail: "this node does not lead the session's shard"}
	}
	faults := make([]error, len(part))
	for i, r := range part {
		faults[i] = keeper.renew(ctx, from, r)
	}
	return faults, nil
}

func (n *Node) serveRenew(ctx context.Context, from roster.NodeID, body []byte) ([]byte, error) {
	request, err := unmarshal[renewRequest](body)
	if err != nil {
		return nil, err
	}
	if len(request.Renewals) > roster.BatchMax {
		return nil, errWire
	}
	faults, err := n.renewHere(ctx, from, request.Shard, request.Renewals)
	if err != nil {
		return nil, err
	}
	answers := make([]renewAnswer, len(faults))
	for i, fault := range faults {
		if fault != nil {
			answers[i] = renewAnswer{roster.CodeOf(fault), fault.Error()}
		}
	}
	return json.Marshal(answers)
}

// HoldSession keeps a session alive while ctx lives.
func (n *Node) HoldSession(ctx context.Context, id roster.SessionID, held func()) error {
	s, _, err := n.Session(ctx, id)
	if err != nil {
		return err
	}
	if err := n.renewOne(ctx, renewal{ID: id, Hold: holdBegin}); err != nil {
		return err
	}
	n.holds.add(id)
	defer func() {
		if n.holds.remove(id) {
			n.letGo(ctx, id)
		}
	}()
	if held != nil {
		held()
	}
	return n.holdOn(ctx, s)
}

// holdOn renews until ctx ends or the session does.
func (n *Node) holdOn(ctx context.Context, s roster.Session) error {
	every := time.NewTicker(min(time.Duration(s.TTL)/holdEvery, roster.SessionTTL/holdEvery))
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-every.C:
		}
		err := n.renewOne(ctx, renewal{ID: s.ID, Hold: holdBegin})
		if code := roster.CodeOf(err); code == roster.CodeGone || code == roster.CodeNotFound {
			return err
		}
	}
}

func (n *Node) renewOne(ctx context.Context, r renewal) error {
	faults, err := n.renew(ctx, []renewal{r})
	if err != nil {
		return err
	}
	return faults[0]
}

// letGo tells the leader that nobody holds the session here any more. If it cannot
// be told, the TTL ends the session.
func (n *Node) letGo(ctx context.Context, id roster.SessionID) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), attemptWithin)
	defer cancel()
	if err := n.renewOne(ctx, renewal{ID: id, Hold: holdEnd}); err != nil {
		n.log.Debug("let go of session", "session", id, "err", err)
	}
}

// holds counts the clients that hold each session open at this node.
type holds struct {
	mu struct {
		sync.Mutex
		count map[roster.SessionID]int
	}
}

func newHolds() *holds {
	h := &holds{}
	h.mu.count = make(map[roster.SessionID]int)
	return h
}

func (h *holds) add(id roster.SessionID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.mu.count[id]++
}

// remove reports whether it was the last.
func (h *holds) remove(id roster.SessionID) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.mu.count[id]--
	if h.mu.count[id] > 0 {
		return false
	}
	delete(h.mu.count, id)
	return true
}
