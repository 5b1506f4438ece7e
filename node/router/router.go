package router

import (
	"context"
	"encoding/binary"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"roster"
	"roster/dht"
	"roster/shard"
)

// AttemptWithin bounds one try at a leader. A leader that is dead or cut off is
// then left for the next one; what it may have done is safe to send again, because
// every operation carries a Request.
const AttemptWithin = 2 * time.Second

// Between tries the router waits this long, doubling.
const (
	backoffFirst = 5 * time.Millisecond
	backoffMax   = 160 * time.Millisecond
)

// Config says what a router works with.
type Config struct {
	Self roster.NodeID
	// Groups finds the local replica of a shard.
	Groups func(roster.ShardID) (*shard.Group, bool)
	// Call calls a method of another node.
	Call func(ctx context.Context, to roster.NodeID, method uint8, body []byte) ([]byte, error)
	// Applied is told, on the leader, of every operation that was proposed there.
	Applied func(roster.ShardID, roster.Op, roster.Result)
}

// Router finds the leader of a shard and brings operations there. Any node takes
// any request; at most HopsMax nodes see it.
type Router struct {
	config   Config
	routes   atomic.Pointer[roster.ClusterMap]
	requests *requests
}

// New returns a router without a map: until SetMap, only the system shard is found.
func New(c Config) *Router { return &Router{config: c, requests: newRequests()} }

// Self returns the id of the router's own node.
func (r *Router) Self() roster.NodeID { return r.config.Self }

// Map returns the cluster map in use; nil while there is none. Treat it as immutable.
func (r *Router) Map() *roster.ClusterMap { return r.routes.Load() }

// SetMap makes m the map in use, unless a map at least as new already is.
func (r *Router) SetMap(m roster.ClusterMap) {
	for {
		known := r.routes.Load()
		if m.Version == 0 || known != nil && known.Version >= m.Version || r.routes.CompareAndSwap(known, &m) {
			return
		}
	}
}

// ShardOf returns the shard of a key: Unavailable until the cluster map is known.
func (r *Router) ShardOf(key roster.Key) (roster.ShardID, error) {
	if key == roster.SystemKey {
		return roster.SystemShard, nil
	}
	m := r.routes.Load()
	if m == nil {
		return 0, ErrNoCluster
	}
	return m.Slots[dht.Slot(key)], nil
}

// ShardOfAgent is ShardOf of an agent's key, without the cost of making it.
func (r *Router) ShardOfAgent(id roster.AgentID) (roster.ShardID, error) {
	m := r.routes.Load()
	if m == nil {
		return 0, ErrNoCluster
	}
	return m.Slots[dht.AgentSlot(id)], nil
}

// AgentShards lists the shards that hold agents, in order.
func (r *Router) AgentShards() ([]roster.ShardID, error) {
	m := r.routes.Load()
	if m == nil {
		return nil, ErrNoCluster
	}
	ids := make([]roster.ShardID, 0, len(m.Shards))
	for _, s := range m.Shards {
		if s.ID != roster.SystemShard {
			ids = append(ids, s.ID)
		}
	}
	return ids, nil
}

// ErrNoCluster is what every call answers until the cluster is met.
var ErrNoCluster = &roster.Error{Code: roster.CodeUnavailable, RetryAfter: time.Second,
	Detail: "this node has not met its cluster yet (see /readyz?verbose)"}

// Group returns the local replica of a shard.
func (r *Router) Group(id roster.ShardID) (*shard.Group, error) {
	g, ok := r.config.Groups(id)
	if !ok {
		return nil, &roster.Error{Code: roster.CodeUnavailable, Shard: id, RetryAfter: time.Second,
			Detail: "this node holds no replica of the shard yet"}
	}
	return g, nil
}

// Ring returns the version of the map in use, 0 while there is none.
func (r *Router) Ring() uint64 {
	if m := r.routes.Load(); m != nil {
		return m.Version
	}
	return 0
}

// Op wraps a command with the caller's request, or with one of the router's own.
// The function returned must be called when the operation is answered or given up.
func (r *Router) Op(ctx context.Context, id roster.ShardID, c roster.Command) (roster.Op, func()) {
	op := roster.Op{Ring: r.Ring(), Command: c}
	if request, ok := roster.RequestFrom(ctx); ok {
		op.Request = request
		return op, func() {}
	}
	request, done := r.requests.begin(id)
	op.Request = request
	return op, done
}

// Propose carries out one command, exactly once, within ctx or RequestDeadline.
func (r *Router) Propose(ctx context.Context, id roster.ShardID, c roster.Command) (roster.Result, error) {
	op, done := r.Op(ctx, id, c)
	defer done()
	o := r.ProposeAll(ctx, id, []roster.Op{op})[0]
	return o.Result, o.Refusal()
}

// ProposeOwn carries out a command of the node's own, whatever request ctx carries.
func (r *Router) ProposeOwn(ctx context.Context, id roster.ShardID, c roster.Command) (roster.Result, error) {
	request, done := r.requests.begin(id)
	defer done()
	return r.Propose(roster.WithRequest(ctx, request), id, c)
}

// ProposeAll brings ops to the leader of one shard and keeps trying those that were
// not carried out: because nobody led, because the leader moved, or because the
// answer was lost. Each ends with a result, or with Unavailable (never executed) or
// Unknown (perhaps) when the time is up.
func (r *Router) ProposeAll(ctx context.Context, id roster.ShardID, ops []roster.Op) []Outcome {
	ctx, cancel := WithDeadline(ctx)
	defer cancel()
	outcomes := make([]Outcome, len(ops))
	open := make([]int, len(ops))
	for i := range open {
		open[i] = i
		outcomes[i].err = &roster.Error{Code: roster.CodeUnavailable, Shard: id, Detail: "no leader for the shard was found in time; nothing was executed", RetryAfter: time.Second}
	}
	var hint roster.NodeID
	for try := (Retry{}); len(open) > 0 && try.Next(ctx, hint != ""); {
		sent := make([]roster.Op, len(open))
		for i, at := range open {
			sent[i] = ops[at]
		}
		answers := r.attempt(ctx, id, sent, hint)
		hint = r.nextHint(hint, answers)
		open = settle(outcomes, open, ops, answers)
	}
	return outcomes
}

// settle stores what is final in outcomes and returns the operations still open. An
// operation once Unknown stays Unknown until the rules have answered it: that a later
// try was refused on the way, or found no room, says nothing of the one before.
func settle(outcomes []Outcome, open []int, ops []roster.Op, answers []Outcome) []int {
	still := open[:0]
	for i, at := range open {
		answer := answers[i]
		doubt := roster.CodeOf(outcomes[at].err) == roster.CodeUnknown
		switch code := roster.CodeOf(answer.err); {
		case code == roster.CodeMoved, code == roster.CodeUnavailable,
			doubt && roster.CodeOf(answer.Refusal()) == roster.CodeOverloaded:
			still = append(still, at)
		case code == roster.CodeUnknown && ops[at].Request.Client != 0:
			outcomes[at] = answer
			still = append(still, at)
		case doubt && answer.err != nil: // no try will do better
		default:
			outcomes[at] = answer
		}
	}
	return still
}

// nextHint returns whom to ask next: a leader that an answer named and that was not
// the one just asked.
func (r *Router) nextHint(asked roster.NodeID, answers []Outcome) roster.NodeID {
	for _, answer := range answers {
		if e, ok := answer.err.(*roster.Error); ok && e.Code == roster.CodeMoved && e.Leader != "" && e.Leader != asked && e.Leader != r.config.Self {
			return e.Leader
		}
	}
	return ""
}

// attempt sends ops once: to hint, else to the leader that the local replica knows.
func (r *Router) attempt(ctx context.Context, id roster.ShardID, ops []roster.Op, hint roster.NodeID) []Outcome {
	ctx, cancel := context.WithTimeout(ctx, AttemptWithin)
	defer cancel()
	g, err := r.Group(id)
	if err != nil && hint == "" {
		return allFailed(ops, err)
	}
	leader := hint
	if leader == "" {
		leader, _ = g.Leader()
	}
	switch leader {
	case "":
		return allFailed(ops, &roster.Error{Code: roster.CodeUnavailable, Shard: id, Detail: "the shard has no leader"})
	case r.config.Self:
		return r.proposeHere(ctx, g, ops)
	}
	return r.proposeThere(ctx, id, ops, leader)
}

// proposeHere proposes to the local group, which gathers concurrent operations into
// one entry.
func (r *Router) proposeHere(ctx context.Context, g *shard.Group, ops []roster.Op) []Outcome {
	outcomes := make([]Outcome, len(ops))
	one := func(i int) {
		result, err := g.Propose(ctx, ops[i])
		outcomes[i] = Outcome{Result: result, err: err}
		if err == nil {
			r.config.Applied(g.ID(), ops[i], result)
		}
	}
	var all sync.WaitGroup
	for i := 1; i < len(ops); i++ {
		all.Go(func() { one(i) })
	}
	one(0)
	all.Wait()
	return outcomes
}

func (r *Router) proposeThere(ctx context.Context, id roster.ShardID, ops []roster.Op, leader roster.NodeID) []Outcome {
	body, err := appendOps(nil, id, ops)
	if err != nil {
		return allFailed(ops, err)
	}
	answer, err := r.config.Call(ctx, leader, MethodPropose, body)
	if err != nil {
		return allFailed(ops, err)
	}
	outcomes, err := decodeOutcomes(answer, len(ops))
	if err != nil {
		return allFailed(ops, &roster.Error{Code: roster.CodeUnknown, Shard: id, Cause: err})
	}
	return outcomes
}

func allFailed(ops []roster.Op, err error) []Outcome {
	return slices.Repeat([]Outcome{{err: err}}, len(ops))
}

// ServePropose answers another node's proposeThere. It never relays: the asker
// follows the hint itself, so that an operation sees at most HopsMax nodes.
func (r *Router) ServePropose(ctx context.Context, body []byte) ([]byte, error) {
	id, ops, err := decodeOps(body)
	if err != nil {
		return nil, err
	}
	g, err := r.Group(id)
	if err != nil {
		return nil, err
	}
	if len(ops) == 0 {
		return nil, errMessage
	}
	return appendOutcomes(nil, r.proposeHere(ctx, g, ops))
}

// ReadIndex asks the shard's leader for the index that a linearizable read must see.
func (r *Router) ReadIndex(ctx context.Context, id roster.ShardID) (roster.Index, error) {
	var hint roster.NodeID
	last := error(&roster.Error{Code: roster.CodeUnavailable, Shard: id, Detail: "no leader for the shard was found in time"})
	for try := (Retry{}); try.Next(ctx, hint != ""); {
		index, err := r.readIndexOnce(ctx, id, hint)
		if err == nil {
			return index, nil
		}
		hint = r.nextHint(hint, []Outcome{{err: err}})
		if code := roster.CodeOf(err); code != roster.CodeMoved && code != roster.CodeUnavailable && code != roster.CodeUnknown {
			last = err
			break
		}
	}
	return 0, last
}

func (r *Router) readIndexOnce(ctx context.Context, id roster.ShardID, hint roster.NodeID) (roster.Index, error) {
	ctx, cancel := context.WithTimeout(ctx, AttemptWithin)
	defer cancel()
	g, err := r.Group(id)
	if err != nil {
		return 0, err
	}
	leader := hint
	if leader == "" {
		leader, _ = g.Leader()
	}
	switch leader {
	case "":
		return 0, &roster.Error{Code: roster.CodeUnavailable, Shard: id, Detail: "the shard has no leader"}
	case r.config.Self:
		return g.ReadIndex(ctx)
	}
	answer, err := r.config.Call(ctx, leader, MethodReadIndex, binary.AppendUvarint(nil, uint64(id)))
	if err != nil {
		return 0, err
	}
	in := reader{b: answer}
	index := roster.Index(in.uvarint())
	return index, in.end()
}

// ServeReadIndex answers another router's ReadIndex, where this node leads.
func (r *Router) ServeReadIndex(ctx context.Context, body []byte) ([]byte, error) {
	in := reader{b: body}
	id := roster.ShardID(in.uvarint())
	if err := in.end(); err != nil {
		return nil, err
	}
	g, err := r.Group(id)
	if err != nil {
		return nil, err
	}
	index, err := g.ReadIndex(ctx)
	if err != nil {
		return nil, err
	}
	return binary.AppendUvarint(nil, uint64(index)), nil
}

// Retry paces the tries of one operation: the first at once, one more at once for
// each fresh hint up to HopsMax, then with growing pauses until the context ends.
type Retry struct {
	tries, hops int
	pause       time.Duration
}

// Next waits for the next try and reports whether there is one. hinted says that an
// answer named whom to ask.
func (t *Retry) Next(ctx context.Context, hinted bool) bool {
	t.tries++
	if t.tries == 1 {
		return ctx.Err() == nil
	}
	if hinted && t.hops < roster.HopsMax-1 {
		t.hops++
		return ctx.Err() == nil
	}
	t.hops = 0
	t.pause = min(max(2*t.pause, backoffFirst), backoffMax)
	return Wait(ctx, t.pause)
}

// Wait returns after d, or false at once when ctx ends first.
func Wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// WithDeadline gives ctx the RequestDeadline unless it has one.
func WithDeadline(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, roster.RequestDeadline)
}
