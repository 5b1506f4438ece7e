package sessions

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"sync"
	"time"

	"roster"
	"roster/fsm"
	"roster/node/router"
	"roster/shard"
)

// holdEvery is how often a node renews a session that a client holds open at it,
// as a part of the TTL.
const holdEvery = 3

// MethodRenew carries renewals to the leader of the sessions' home shard. Its number
// is part of the protocol between nodes.
const MethodRenew uint8 = 3

// Config says what the sessions of a node work with.
type Config struct {
	Router *router.Router
	Self   roster.NodeID
	Call   func(ctx context.Context, to roster.NodeID, method uint8, body []byte) ([]byte, error)
	Logger *slog.Logger
}

// Sessions is a node's part in keeping sessions: it renews at their leaders what
// clients renew or hold open here, and keeps those whose shard this node leads.
type Sessions struct {
	config Config
	holds  *holds
	mu     struct {
		sync.Mutex
		keepers map[roster.ShardID]*keeper
	}
}

// New returns the sessions of a node that leads nothing yet.
func New(c Config) *Sessions {
	s := &Sessions{config: c, holds: newHolds()}
	s.mu.keepers = make(map[roster.ShardID]*keeper)
	return s
}

// Lead keeps the sessions of a shard until term, its leadership, ends.
func (s *Sessions) Lead(term context.Context, g *shard.Group) error {
	k := newKeeper(term.Done(), g, s.config.Logger, s.config.Router.ProposeOwn)
	s.set(g.ID(), k)
	defer s.set(g.ID(), nil)
	return k.run(term)
}

func (s *Sessions) keeper(id roster.ShardID) *keeper {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mu.keepers[id]
}

func (s *Sessions) set(id roster.ShardID, k *keeper) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.keepers[id] = k
}

// Concerns lists the kinds of command of which Applied wants to know.
func Concerns() []roster.Kind { return []roster.Kind{roster.KindOpenSession, roster.KindEndSession} }

// Applied tells the keeper of a shard what a proposal did to its sessions.
func (s *Sessions) Applied(id roster.ShardID, op roster.Op, result roster.Result) {
	k := s.keeper(id)
	if k == nil || result.Err != nil {
		return
	}
	switch c := op.Command.(type) {
	case roster.OpenSession:
		if opened, ok := result.Value.(roster.Session); ok {
			k.opened(opened)
		}
	case roster.EndSession:
		k.closed(c.ID)
	}
}

// Attach makes sure, before a session is first used in the shard of key, that the
// session lives and that its home record names that shard. The local replica may
// answer "yes" early or late: an ended session is refused by the shard itself.
func (s *Sessions) Attach(ctx context.Context, id roster.SessionID, key roster.Key) error {
	home, err := s.config.Router.ShardOf(id.Key())
	if err != nil {
		return err
	}
	target, err := s.config.Router.ShardOf(key)
	if err != nil {
		return err
	}
	if s.attached(id, home, target) {
		return nil
	}
	// The attachment is not the caller's operation: it runs under a request of its own.
	_, err = s.config.Router.ProposeOwn(ctx, home, roster.AttachSession{ID: id, Shard: target})
	return err
}

func (s *Sessions) attached(id roster.SessionID, home, target roster.ShardID) bool {
	g, err := s.config.Router.Group(home)
	if err != nil {
		return false
	}
	attached := false
	_, err = g.View(func(v *fsm.View) error {
		known, ok := v.Session(id)
		attached = ok && !known.Ended && (home == target || slices.Contains(known.Shards, target))
		return nil
	})
	return err == nil && attached
}

// Renew restarts the TTL of sessions at the leaders of their home shards.
func (s *Sessions) Renew(ctx context.Context, ids []roster.SessionID) ([]error, error) {
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
	return s.renew(ctx, renewals)
}

// renew passes renewals to the keepers of their home shards, all shards at once.
func (s *Sessions) renew(ctx context.Context, renewals []renewal) ([]error, error) {
	ctx, cancel := router.WithDeadline(ctx)
	defer cancel()
	byShard := make(map[roster.ShardID][]int)
	for i, r := range renewals {
		home, err := s.config.Router.ShardOf(r.ID.Key())
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
			for i, err := range s.renewShard(ctx, home, part) {
				faults[at[i]] = err
			}
		})
	}
	all.Wait()
	return faults, nil
}

// renewShard tries until the home shard's leader has answered for each session.
func (s *Sessions) renewShard(ctx context.Context, home roster.ShardID, part []renewal) []error {
	faults := slices.Repeat([]error{&roster.Error{Code: roster.CodeUnavailable, Shard: home, RetryAfter: time.Second,
		Detail: "the session's leader did not answer in time"}}, len(part))
	open := make([]int, len(part))
	for i := range open {
		open[i] = i
	}
	for try := (router.Retry{}); len(open) > 0 && try.Next(ctx, false); {
		ask := make([]renewal, len(open))
		for i, at := range open {
			ask[i] = part[at]
		}
		answers, err := s.renewOnce(ctx, home, ask)
		if err != nil {
			continue
		}
		still := open[:0]
		for i, at := range open {
			if faults[at] = answers[i]; roster.CodeOf(answers[i]) == roster.CodeUnavailable {
				still = append(still, at)
			}
		}
		open = still
	}
	return faults
}

func (s *Sessions) renewOnce(ctx context.Context, home roster.ShardID, part []renewal) ([]error, error) {
	ctx, cancel := context.WithTimeout(ctx, router.AttemptWithin)
	defer cancel()
	leader := s.config.Router.Leader(home)
	switch leader {
	case "":
		return nil, router.ErrNoCluster
	case s.config.Self:
		return s.renewHere(ctx, s.config.Self, home, part)
	}
	body, err := json.Marshal(renewRequest{home, part})
	if err != nil {
		return nil, err
	}
	answer, err := s.config.Call(ctx, leader, MethodRenew, body)
	if err != nil {
		s.config.Router.Learn(home, err)
		return nil, err
	}
	var codes []renewAnswer
	if err := json.Unmarshal(answer, &codes); err != nil || len(codes) != len(part) {
		return nil, errMessage
	}
	faults := make([]error, len(codes))
	for i, c := range codes {
		if c.Code != "" {
			faults[i] = &roster.Error{Code: c.Code, Detail: c.Detail}
		}
	}
	return faults, nil
}

var errMessage = roster.Errorf(roster.CodeInternal, "malformed message between nodes: do all nodes run compatible versions?")

// renewRequest and renewAnswer are the messages of MethodRenew.
type renewRequest struct {
	Shard    roster.ShardID `json:"shard"`
	Renewals []renewal      `json:"renewals"`
}

type renewAnswer struct {
	Code   roster.Code `json:"code,omitempty"`
	Detail string      `json:"detail,omitempty"`
}

func (s *Sessions) renewHere(ctx context.Context, from roster.NodeID, home roster.ShardID, part []renewal) ([]error, error) {
	keeper := s.keeper(home)
	if keeper == nil {
		return nil, &roster.Error{Code: roster.CodeMoved, Shard: home, Leader: s.leader(home), Detail: "this node does not lead the session's shard"}
	}
	faults := make([]error, len(part))
	var undecided []int
	for i, r := range part { // those that end hold up none of the others
		ending, err := keeper.restart(from, r)
		if faults[i] = err; ending != nil {
			undecided = append(undecided, i)
		}
	}
	for _, i := range undecided {
		faults[i] = keeper.renew(ctx, from, part[i])
	}
	return faults, nil
}

// leader is who leads a shard by this node's own replica; "" for itself, which is not ready.
func (s *Sessions) leader(id roster.ShardID) (leader roster.NodeID) {
	if g, err := s.config.Router.Group(id); err == nil {
		leader, _ = g.Leader()
	}
	if leader == s.config.Self {
		return ""
	}
	return leader
}

// ServeRenew answers MethodRenew.
func (s *Sessions) ServeRenew(ctx context.Context, from roster.NodeID, body []byte) ([]byte, error) {
	var request renewRequest
	if err := json.Unmarshal(body, &request); err != nil || len(request.Renewals) > roster.BatchMax {
		return nil, errMessage
	}
	faults, err := s.renewHere(ctx, from, request.Shard, request.Renewals)
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

// Hold keeps a live session alive while ctx lives, and lets go of it after that. held
// is called once the leader knows; it may be nil.
func (s *Sessions) Hold(ctx context.Context, session roster.Session, held func()) error {
	s.holds.add(session.ID) // first, so that whoever lets go meanwhile knows of this one
	if err := s.renewOne(ctx, renewal{ID: session.ID, Hold: holdBegin}); err != nil {
		s.holds.remove(session.ID)
		return err
	}
	defer func() {
		if s.holds.remove(session.ID) {
			s.letGo(ctx, session.ID)
		}
	}()
	if held != nil {
		held()
	}
	return s.holdOn(ctx, session)
}

// holdPeriod is how often the leader hears of a session that is held open at a node.
func holdPeriod(s roster.Session) time.Duration {
	return min(time.Duration(s.TTL), roster.SessionTTL) / holdEvery
}

// holdOn renews until ctx ends or the session does.
func (s *Sessions) holdOn(ctx context.Context, session roster.Session) error {
	every := time.NewTicker(holdPeriod(session))
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-every.C:
		}
		err := s.renewOne(ctx, renewal{ID: session.ID, Hold: holdBegin})
		if code := roster.CodeOf(err); code == roster.CodeGone || code == roster.CodeNotFound {
			return err
		}
	}
}

func (s *Sessions) renewOne(ctx context.Context, r renewal) error {
	faults, err := s.renew(ctx, []renewal{r})
	if err != nil {
		return err
	}
	return faults[0]
}

// letGo tells the leader that nobody holds the session here any more. If it cannot
// be told, the TTL ends the session. Whoever took hold meanwhile is named again, because
// the two messages may have arrived in either order.
func (s *Sessions) letGo(ctx context.Context, id roster.SessionID) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), router.AttemptWithin)
	defer cancel()
	if err := s.renewOne(ctx, renewal{ID: id, Hold: holdEnd}); err != nil {
		s.config.Logger.Debug("let go of session", "session", id, "err", err)
	}
	if s.holds.has(id) {
		if err := s.renewOne(ctx, renewal{ID: id, Hold: holdBegin}); err != nil {
			s.config.Logger.Debug("hold session on", "session", id, "err", err)
		}
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

// has reports whether somebody holds the session here.
func (h *holds) has(id roster.SessionID) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.mu.count[id] > 0
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
