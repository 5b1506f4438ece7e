package fleets

import (
	"context"
	"encoding/json"
	"iter"
	"log/slog"
	"net"
	"runtime"

	"golang.org/x/sync/errgroup"

	"roster"
	"roster/acting"
	"roster/agentpool"
	"roster/agentpool/warden"
	"roster/fleet"
	"roster/fsm"
	"roster/fsm/fleets"
	"roster/mailbox"
	"roster/node/afar"
	"roster/node/hosting"
	"roster/node/loads"
	"roster/node/placer"
	"roster/node/post"
	"roster/node/router"
	"roster/node/scaler"
	"roster/placement"
	"roster/shard"
)

// MethodExplain is the method by which a node asks the leader of a shard.
const MethodExplain uint8 = 15

// Agents says what a node runs. The zero value runs nothing, because it has no driver.
type Agents struct {
	Drivers []agentpool.Driver
	// Room is what there is for agents; zero parts are the machine's cores, and no bound.
	Room placement.Resources
	// Max bounds the agents; 0 is agentpool.AgentsMax.
	Max int
	// Memory is what this process and its agents may take together, in bytes: a node that is
	// short of it stops agents, and takes none. 0: there is no such bound.
	Memory int64
	// Output returns the end of what an agent has printed here; nil: nothing is kept.
	Output func(id roster.AgentID, most int) ([]byte, error)
	// Dial connects to the endpoints of members that are probed, host:port; nil uses the
	// operating system's network.
	Dial func(ctx context.Context, address string) (net.Conn, error)
	// Busy says how busy the machine is, in thousandths of its cores; nil measures.
	Busy func() int64
}

// Config says what a Runner works with. All but Logger, nil of which discards, is needed.
type Config struct {
	Router *router.Router
	Afar   *afar.Afar
	// Ready returns this node's replica of a shard once it may answer such a read, and Away
	// reports whether it must be read elsewhere.
	Ready  func(context.Context, roster.ShardID, roster.Read) (*shard.Group, error)
	Away   func(roster.ShardID) bool
	Watch  func(context.Context, roster.Query, roster.Cursor) iter.Seq2[roster.Event, error]
	Look   func(context.Context, roster.AgentID, roster.Read) (*roster.Record, roster.Stamp, error)
	Find   func(context.Context, roster.Query) (roster.Page, error)
	Held   func() bool
	Call   func(ctx context.Context, to roster.NodeID, method uint8, body []byte) ([]byte, error)
	Agents Agents
	Logger *slog.Logger
}

// mail is what a node can do with messages.
type mail = mailbox.Service

// Runner is a node's part in running fleets. Make one with New. It is a fleet.Service, and
// a mailbox.Service.
type Runner struct {
	mail
	post    *post.Post
	config  Config
	loads   *loads.Loads
	placer  *placer.Placer
	scaler  *scaler.Scaler
	waking  waking
	hosting *hosting.Hosting
	busy    loads.Busy
}

// New returns a Runner that runs nothing yet.
func New(c Config) *Runner {
	if c.Agents.Room.CPU == 0 {
		c.Agents.Room.CPU = int64(runtime.GOMAXPROCS(0)) * 1000
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	r := &Runner{config: c}
	if c.Agents.Busy == nil {
		r.config.Agents.Busy = r.busy.Look
	}
	r.post = post.New(post.Config{Self: c.Router.Self(), Look: c.Look, Find: c.Find, Leader: c.Router.Leader, Call: c.Call, Held: c.Held, Logger: c.Logger, Wake: r.wake,
		Limits: func(id roster.AgentID) mailbox.Limits { return r.hosting.Mailbox(id) },
		Proves: func(a roster.Actor, secret string) bool { return r.hosting.Proves(a, secret) }})
	r.mail = r.post
	r.hosting = hosting.New(hosting.Config{Self: c.Router.Self(), Watch: c.Watch, Fleet: r.spec, Propose: r.propose, Act: r.act, Held: c.Held, Newest: r.newest, Logger: c.Logger,
		Pool: agentpool.Config{Drivers: c.Agents.Drivers, Room: c.Agents.Room, AgentsMax: c.Agents.Max, Dial: c.Agents.Dial,
			Mail:   func(a roster.Actor) agentpool.Mail { return r.post.Of(a) },
			State:  func(a roster.Actor) agentpool.State { return activation{r, a} },
			Memory: warden.Config{Total: c.Agents.Memory, Queued: r.post.Waiting}}})
	r.loads = loads.New(loads.Config{Self: c.Router.Self(), Own: r.own, Call: c.Call})
	r.placer = placer.New(placer.Config{System: func() (*shard.Group, error) { return c.Router.Group(roster.SystemShard) }, Loads: r.loads.Of, Propose: r.propose, Logger: c.Logger})
	r.scaler = scaler.New(scaler.Config{Self: c.Router.Self(), Own: r.figures, Call: c.Call, Propose: r.propose, Logger: c.Logger})
	return r
}

// newest returns the index up to which each shard that has agents has come.
func (r *Runner) newest(ctx context.Context) (map[roster.ShardID]roster.Index, error) {
	shards, err := r.config.Router.AgentShards()
	if err != nil {
		return nil, err
	}
	out := make(map[roster.ShardID]roster.Index, len(shards))
	for _, id := range shards {
		if r.config.Away(id) {
			_, seen, err := r.config.Afar.Lookup(ctx, id, nil, roster.Read{Level: roster.ReadLinearizable})
			if err != nil {
				return nil, err
			}
			out[id] = seen.Index
			continue
		}
		if out[id], err = r.config.Router.ReadIndex(ctx, id); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// own is the load of this node.
func (r *Runner) own() loads.Load {
	a := &r.config.Agents
	load := loads.Load{Total: a.Room, AgentsMax: a.Max, Used: r.hosting.Used(), Busy: a.Busy(), Drivers: []string{}, Entries: []string{}}
	if load.AgentsMax == 0 {
		load.AgentsMax = agentpool.AgentsMax
	}
	if load.Total.Memory == 0 {
		load.Total.Memory = loads.Unbound
	}
	for _, d := range a.Drivers {
		load.Drivers = append(load.Drivers, d.Name())
		if named, ok := d.(interface{ Entries() []string }); ok {
			load.Entries = append(load.Entries, named.Entries()...)
		}
	}
	return load
}

// propose puts commands to a shard, each for itself.
func (r *Runner) propose(ctx context.Context, id roster.ShardID, commands []roster.Command) []error {
	acts := make([]hosting.Act, len(commands))
	for i, c := range commands {
		acts[i].Command = c
	}
	return r.act(ctx, id, acts)
}

// act is propose of commands in the name of members; the zero Actor is nobody.
func (r *Runner) act(ctx context.Context, id roster.ShardID, acts []hosting.Act) []error {
	errs := make([]error, len(acts))
	ops, at := make([]router.Op, 0, len(acts)), make([]int, 0, len(acts))
	for i, a := range acts {
		op, done, err := r.config.Router.Op(acting.As(ctx, a.Actor), id, a.Command)
		if err != nil {
			errs[i] = err
			continue
		}
		defer done()
		ops, at = append(ops, op), append(at, i)
	}
	if len(ops) == 0 {
		return errs
	}
	for i, o := range r.config.Router.ProposeAll(ctx, id, ops) {
		errs[at[i]] = o.Refusal()
	}
	return errs
}

// Run runs members and brings messages until ctx ends.
func (r *Runner) Run(ctx context.Context) error {
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error { return r.hosting.Run(ctx) })
	work.Go(func() error { return r.post.Run(ctx) })
	return work.Wait()
}

// Close stops the members that are here. The messages that wait for them are lost.
func (r *Runner) Close(ctx context.Context) error {
	r.post.Close()
	return r.hosting.Close(ctx)
}

// Lead places the members of the fleets of g, and lets fleets follow their load, until ctx
// ends.
func (r *Runner) Lead(ctx context.Context, g *shard.Group) error {
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error { return r.placer.Lead(ctx, g) })
	work.Go(func() error { return r.scaler.Lead(ctx, g) })
	return work.Wait()
}

// Begin gives a call its deadline, and, if the caller claims to be an agent and proves it,
// makes what it does the acts of that agent.
func (r *Runner) Begin(ctx context.Context) (context.Context, context.CancelFunc, error) {
	ctx, cancel := router.WithDeadline(ctx)
	claim, claims := acting.From(ctx)
	switch {
	case r.config.Router.Map() == nil:
		return ctx, cancel, router.ErrNoCluster
	case !claims:
		return ctx, cancel, nil
	}
	return acting.As(ctx, claim.Actor), cancel, r.post.Prove(ctx, claim)
}

// Methods reports whether a method is one of this package's.
func Methods(method uint8) bool {
	switch method {
	case loads.MethodLoad, scaler.MethodFigures, MethodExplain, MethodOutput, MethodState, MethodSay, MethodStanding:
		return true
	}
	return post.Methods(method)
}

// Serve answers other nodes.
func (r *Runner) Serve(ctx context.Context, method uint8, body []byte) ([]byte, error) {
	switch {
	case method == loads.MethodLoad:
		return r.loads.Serve()
	case method == MethodOutput:
		return r.serveOutput(body)
	case method == MethodState:
		return r.serveState(ctx, body)
	case method == MethodSay:
		return r.serveSay(body)
	case method == MethodStanding:
		return r.serveStanding(body)
	case method == scaler.MethodFigures:
		return r.scaler.Serve(body)
	case post.Methods(method):
		return r.post.Serve(ctx, method, body)
	}
	id := roster.AgentID(body)
	if err := id.Validate(); err != nil {
		return nil, err
	}
	x, err := r.explainHere(ctx, id)
	if err != nil {
		return nil, err
	}
	return json.Marshal(x)
}

// explainHere explains from this node's replica.
func (r *Runner) explainHere(ctx context.Context, id roster.AgentID) (x fleet.Explanation, err error) {
	shardID, err := r.config.Router.ShardOfAgent(id)
	if err != nil {
		return x, err
	}
	g, err := r.config.Router.Group(shardID)
	if err != nil {
		return x, err
	}
	return r.placer.Explain(ctx, g, id)
}

// Explain says why a member is where it is.
func (r *Runner) Explain(ctx context.Context, id roster.AgentID) (x fleet.Explanation, err error) {
	if err := id.Validate(); err != nil {
		return x, err
	}
	shardID, err := r.config.Router.ShardOfAgent(id)
	if err != nil {
		return x, err
	}
	if !r.config.Away(shardID) {
		return r.explainHere(ctx, id)
	}
	b, err := r.config.Router.Ask(ctx, shardID, MethodExplain, []byte(id))
	if err != nil {
		return x, err
	}
	return x, json.Unmarshal(b, &x)
}

// Fleet returns one fleet with its members counted.
func (r *Runner) Fleet(ctx context.Context, id fleet.ID, read roster.Read) (fleet.State, roster.Stamp, error) {
	if err := id.Validate(); err != nil {
		return fleet.State{}, roster.Stamp{}, err
	}
	return r.read(ctx, id, read, fleets.View.Counted)
}

// spec is Fleet for those who run members: nobody is counted.
func (r *Runner) spec(ctx context.Context, id fleet.ID, read roster.Read) (fleet.State, roster.Index, error) {
	s, stamp, err := r.read(ctx, id, read, func(v fleets.View, id fleet.ID) (fleet.State, bool) { return v.Fleet(id) })
	return s, stamp.Index, err
}

func (r *Runner) read(ctx context.Context, id fleet.ID, read roster.Read, from func(fleets.View, fleet.ID) (fleet.State, bool)) (s fleet.State, stamp roster.Stamp, err error) {
	shardID, err := r.config.Router.ShardOf(id.Key())
	if err != nil {
		return s, stamp, err
	}
	known := false
	if r.config.Away(shardID) {
		found, seen, err := r.config.Afar.Fleets(ctx, shardID, id, "", read)
		if err != nil {
			return s, stamp, err
		}
		stamp = roster.Stamp{Shard: shardID, Index: seen.Index, Age: seen.Age, Node: seen.Node}
		if known = len(found) > 0; known {
			s = found[0]
		}
	} else {
		g, err := r.config.Ready(ctx, shardID, read)
		if err != nil {
			return s, stamp, err
		}
		seen, err := g.View(func(v *fsm.View) error { s, known = from(v.Fleets(), id); return nil })
		if err != nil {
			return s, stamp, err
		}
		stamp = roster.Stamp{Shard: shardID, Index: seen.Index, Age: seen.Age}
	}
	if !known {
		return s, stamp, &roster.Error{Code: roster.CodeNotFound, Shard: shardID, Index: stamp.Index, Detail: "there is no fleet " + string(id)}
	}
	return s, stamp, nil
}

// Fleets lists the fleets of the namespaces that a pattern names, by id.
func (r *Runner) Fleets(ctx context.Context, namespaces string) ([]fleet.State, error) {
	shards, err := r.config.Router.AgentShards()
	if err != nil {
		return nil, err
	}
	all := []fleet.State{}
	for _, id := range shards {
		part, err := r.fleetsOf(ctx, id, namespaces)
		if err != nil {
			return nil, err
		}
		all = append(all, part...)
	}
	sortByID(all)
	return all, nil
}

func (r *Runner) fleetsOf(ctx context.Context, id roster.ShardID, namespaces string) (part []fleet.State, err error) {
	if r.config.Away(id) {
		part, _, err = r.config.Afar.Fleets(ctx, id, "", namespaces, roster.Read{})
		return part, err
	}
	g, err := r.config.Router.Group(id)
	if err != nil {
		return nil, err
	}
	_, err = g.View(func(v *fsm.View) error { part = v.Fleets().List(namespaces); return nil })
	return part, err
}
