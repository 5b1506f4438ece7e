package router

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"roster"
	"roster/acting"
	"roster/dht"
	"roster/fsm/codec"
	"roster/shard"
)

// AttemptWithin bounds one try at a leader. A leader that is dead or cut off is
// then left for the next one; what it may have done is safe to send again, because
// every operation carries a Request.
const AttemptWithin = 2 * time.Second

// Config says what a router works with.
type Config struct {
	Self roster.NodeID
	// Groups finds the local replica of a shard.
	Groups func(roster.ShardID) (*shard.Group, bool)
	// Call calls a method of another node.
	Call func(ctx context.Context, to roster.NodeID, method uint8, body []byte) ([]byte, error)
	// Alive lists the nodes that gossip takes to be alive; nil is none.
	Alive func() []roster.NodeID
	// Look reads the map that the local replica of the system shard has, which SetMap may not
	// have been told of yet; nil: there is none to look at.
	Look func() (roster.ClusterMap, error)
	// Applied is told, on the leader, of every operation that was proposed there and
	// whose kind is in Concerns.
	Applied  func(roster.ShardID, roster.Op, roster.Result)
	Concerns []roster.Kind
}

// Router finds the leader of a shard and brings operations there. Any node takes
// any request; at most HopsMax nodes see it.
type Router struct {
	config   Config
	routes   atomic.Pointer[roster.ClusterMap]
	guesses  atomic.Uint64 // of who may know a leader
	known    sync.Map      // shard → who was last said to lead it, of shards that are not held here
	requests *requests
	writes   *gathering
	reads    *reads
}

// New returns a router without a map: until SetMap, only the system shard is found.
// Close it.
func New(c Config) *Router {
	r := &Router{config: c, requests: newRequests()}
	r.writes, r.reads = newGathering(r.call), newReads(r.askLeader)
	return r
}

// Close ends the calls to other nodes, and waits for them. Who waits for their answers
// hears that they are Unavailable or Unknown; later ones are refused.
func (r *Router) Close() {
	r.writes.close()
	r.reads.close()
}

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

// Group returns the local replica of a shard. One in quarantine comes with an error.
func (r *Router) Group(id roster.ShardID) (*shard.Group, error) {
	g, ok := r.config.Groups(id)
	if !ok {
		return nil, &roster.Error{Code: roster.CodeUnavailable, Shard: id, RetryAfter: time.Second,
			Detail: "this node holds no replica of the shard yet"}
	}
	return g, g.Readable()
}

// Held returns the replica of a shard that is here, if one is, in quarantine or not.
func (r *Router) Held(id roster.ShardID) (*shard.Group, bool) { return r.config.Groups(id) }

// Ring returns the version of the map in use, 0 while there is none.
func (r *Router) Ring() uint64 {
	if m := r.routes.Load(); m != nil {
		return m.Version
	}
	return 0
}

// Level returns the level of commands that the cluster has agreed on: 0 while there is
// no map.
func (r *Router) Level() int {
	if m := r.routes.Load(); m != nil {
		return max(m.Level, 1)
	}
	return 0
}

// above refuses operations that not every node of the cluster could apply.
func (r *Router) above(ops []Op) error {
	level := max(r.Level(), 1)
	for _, op := range ops {
		need := op.Level()
		if need > level {
			level = r.raised()
		}
		if need > level {
			return roster.Errorf(roster.CodeRefused, "%v needs level %d of commands, and the cluster has agreed on %d: upgrade all of its nodes first", op.Kind(), need, level)
		}
	}
	return nil
}

// Token returns the opaque form of a position under the present map.
func (r *Router) Token(p roster.Position) roster.Token {
	p.Ring = r.Ring()
	return roster.Token(p.Encode())
}

// raised looks whether the level has risen since the map was last looked at.
func (r *Router) raised() int {
	if r.config.Look != nil {
		if m, err := r.config.Look(); err == nil {
			r.SetMap(m)
		}
	}
	return max(r.Level(), 1)
}

// Op is an operation in the bytes in which it goes to the leader and into the log.
type Op = codec.Encoded

// Op wraps a command with who asks and the caller's request, or one of the router's own.
// The function returned must be called when the operation is answered or given up. The
// error is Invalid: the command cannot be written.
func (r *Router) Op(ctx context.Context, id roster.ShardID, c roster.Command) (Op, func(), error) {
	request, given := roster.RequestFrom(ctx)
	done := func() {}
	if !given {
		request, done = r.requests.begin(id)
	}
	op, err := codec.Encode(roster.Op{Request: request, Actor: acting.ActorFrom(ctx), By: roster.PrincipalFrom(ctx), Ring: r.Ring(), Command: c})
	if err == nil {
		err = r.above([]Op{op})
	}
	if err != nil {
		done()
		return Op{}, nil, err
	}
	return op, done, nil
}

// Propose carries out one command, exactly once, within ctx or RequestDeadline.
func (r *Router) Propose(ctx context.Context, id roster.ShardID, c roster.Command) (roster.Result, error) {
	op, done, err := r.Op(ctx, id, c)
	if err != nil {
		return roster.Result{}, err
	}
	defer done()
	o := r.propose(ctx, id, []Op{op}, apart)[0]
	return o.Result, o.Refusal()
}

// ProposeLoose is Propose of a command that may run twice: it carries no Request.
func (r *Router) ProposeLoose(ctx context.Context, id roster.ShardID, c roster.Command) (roster.Result, error) {
	op, err := codec.Encode(roster.Op{Ring: r.Ring(), Command: c})
	if err != nil {
		return roster.Result{}, err
	}
	o := r.propose(ctx, id, []Op{op}, apart)[0]
	return o.Result, o.Refusal()
}

// ProposeOwn carries out a command of the node's own, whatever request ctx carries.
func (r *Router) ProposeOwn(ctx context.Context, id roster.ShardID, c roster.Command) (roster.Result, error) {
	request, done := r.requests.begin(id)
	defer done()
	return r.Propose(roster.WithRequest(ctx, request), id, c)
}

// ProposeAll carries out a batch of operations of one shard, each for itself. Of a
// record that was changed, an outcome may hold no more than the id and the revision.
func (r *Router) ProposeAll(ctx context.Context, id roster.ShardID, ops []Op) []Outcome {
	return r.propose(ctx, id, ops, together)
}

// propose brings ops to the leader of one shard and keeps trying those that were
// not carried out: because nobody led, because the leader moved, or because the
// answer was lost. Each ends with a result, or with Unavailable (never executed) or
// Unknown (perhaps) when the time is up.
func (r *Router) propose(ctx context.Context, id roster.ShardID, ops []Op, m manner) []Outcome {
	ctx, cancel := WithDeadline(ctx)
	defer cancel()
	outcomes := make([]Outcome, len(ops))
	open := make([]int, len(ops))
	for i := range open {
		open[i] = i
	}
	var hint roster.NodeID
	for try := (Retry{}); len(open) > 0 && try.Next(ctx, hint != ""); {
		answers := r.attempt(ctx, id, chosen(ops, open), m, hint)
		hint = r.nextHint(id, hint, answers)
		open = settle(outcomes, open, ops, answers)
	}
	for _, at := range open {
		if outcomes[at].err == nil {
			outcomes[at].err = &roster.Error{Code: roster.CodeUnavailable, Shard: id, Detail: "no leader for the shard was found in time; nothing was executed", RetryAfter: time.Second}
		}
	}
	return outcomes
}

// chosen returns the operations that are still open.
func chosen(ops []Op, open []int) []Op {
	if len(open) == len(ops) {
		return ops
	}
	sent := make([]Op, len(open))
	for i, at := range open {
		sent[i] = ops[at]
	}
	return sent
}

// settle stores what is final in outcomes and returns the operations still open. An
// operation once Unknown stays Unknown until the rules have answered it: that a later
// try was refused on the way, or found no room, says nothing of the one before.
func settle(outcomes []Outcome, open []int, ops []Op, answers []Outcome) []int {
	still := open[:0]
	for i, at := range open {
		answer := answers[i]
		doubt := roster.CodeOf(outcomes[at].err) == roster.CodeUnknown
		switch code := roster.CodeOf(answer.err); {
		case code == roster.CodeMoved, code == roster.CodeUnavailable,
			doubt && roster.CodeOf(answer.Refusal()) == roster.CodeOverloaded:
			still = append(still, at)
		case code == roster.CodeUnknown && ops[at].Exact():
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
func (r *Router) nextHint(id roster.ShardID, asked roster.NodeID, answers []Outcome) roster.NodeID {
	for _, answer := range answers {
		r.Learn(id, answer.err)
		if e, ok := answer.err.(*roster.Error); ok && e.Code == roster.CodeMoved && e.Leader != "" && e.Leader != asked && e.Leader != r.config.Self {
			return e.Leader
		}
	}
	return ""
}

// attempt sends ops once: to hint, else to the leader as far as this node knows it.
func (r *Router) attempt(ctx context.Context, id roster.ShardID, ops []Op, m manner, hint roster.NodeID) []Outcome {
	ctx, cancel := context.WithTimeout(ctx, AttemptWithin)
	defer cancel()
	leader := cmp.Or(hint, r.Leader(id))
	g, _ := r.config.Groups(id)
	switch {
	case leader == "":
		return allFailed(ops, &roster.Error{Code: roster.CodeUnavailable, Shard: id, Detail: "the shard has no leader"})
	case leader == r.config.Self && g != nil:
		return r.proposeHere(ctx, g, ops, m)
	}
	return r.writes.carry(ctx, route{id, leader, m}, ops)
}

// proposeHere proposes to the local group, which gathers concurrent operations into
// one entry.
func (r *Router) proposeHere(ctx context.Context, g *shard.Group, ops []Op, m manner) []Outcome {
	if err := r.above(ops); err != nil {
		return allFailed(ops, err)
	}
	propose := g.ProposeAll
	if m == apart {
		propose = g.ProposeEach
	}
	outcomes := make([]Outcome, len(ops))
	for i, a := range propose(ctx, ops) {
		outcomes[i] = Outcome{Result: a.Result, err: a.Err}
	}
	for i := range outcomes {
		if outcomes[i].err == nil && slices.Contains(r.config.Concerns, ops[i].Kind()) {
			r.applied(g.ID(), ops[i], outcomes[i].Result)
		}
	}
	return outcomes
}

// applied tells who is concerned what became of an operation.
func (r *Router) applied(id roster.ShardID, op Op, result roster.Result) {
	if full, err := op.Op(); err == nil { // it was read before, or made here
		r.config.Applied(id, full, result)
	}
}

// call sends ops to another node once.
func (r *Router) call(ctx context.Context, to route, ops []Op) []Outcome {
	answer, err := r.config.Call(ctx, to.leader, MethodPropose, appendOps(make([]byte, 0, opsBytes(ops)), to.shard, to.manner, ops))
	if err != nil {
		return allFailed(ops, err)
	}
	outcomes, err := decodeOutcomes(answer, len(ops))
	if err != nil {
		return allFailed(ops, &roster.Error{Code: roster.CodeUnknown, Shard: to.shard, Cause: err})
	}
	return outcomes
}

func allFailed(ops []Op, err error) []Outcome {
	return slices.Repeat([]Outcome{{err: err}}, len(ops))
}

// ServePropose answers another node's call. It never relays: the asker
// follows the hint itself, so that an operation sees at most HopsMax nodes.
func (r *Router) ServePropose(ctx context.Context, body []byte) ([]byte, error) {
	id, m, ops, err := decodeOps(body)
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
	return appendOutcomes(nil, m, r.proposeHere(ctx, g, ops, m))
}
