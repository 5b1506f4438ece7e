package fleets

import (
	"context"
	"encoding/json"
	"time"

	"roster"
	"roster/acting"
	"roster/fleet"
	"roster/fsm"
	"roster/node/router"
)

// MethodState is the method by which a node asks the leader of a shard for what a member
// keeps.
const MethodState uint8 = 19

// saveWithin bounds how long an activation that is being stopped may take to keep its state.
const saveWithin = 5 * time.Second

// State returns what a member keeps.
func (r *Runner) State(ctx context.Context, id roster.AgentID, read roster.Read) (s fleet.Saved, stamp roster.Stamp, err error) {
	if err := id.Validate(); err != nil {
		return s, stamp, err
	}
	shardID, err := r.config.Router.ShardOfAgent(id)
	if err != nil {
		return s, stamp, err
	}
	if r.config.Away(shardID) {
		s, stamp, err = r.stateAfar(ctx, shardID, id)
	} else {
		s, stamp, err = r.stateHere(ctx, shardID, id, read)
	}
	switch {
	case err != nil:
		return s, stamp, err
	case s.Agent == "":
		return s, stamp, &roster.Error{Code: roster.CodeNotFound, Shard: shardID, Index: stamp.Index, Detail: string(id) + " keeps nothing"}
	}
	s.State, err = unpack(s.State)
	return s, stamp, err
}

// kept is what one node tells another.
type kept struct {
	Saved fleet.Saved
	Stamp roster.Stamp
}

// stateHere reads this node's replica; without an agent there is nothing.
func (r *Runner) stateHere(ctx context.Context, shardID roster.ShardID, id roster.AgentID, read roster.Read) (s fleet.Saved, stamp roster.Stamp, err error) {
	g, err := r.config.Ready(ctx, shardID, read)
	if err != nil {
		return s, stamp, err
	}
	seen, err := g.View(func(v *fsm.View) error { s, _ = v.Fleets().Saved(id); return nil })
	return s, roster.Stamp{Shard: shardID, Index: seen.Index, Age: seen.Age}, err
}

// stateAfar asks the leader of a shard of which there is no replica here.
func (r *Runner) stateAfar(ctx context.Context, shardID roster.ShardID, id roster.AgentID) (fleet.Saved, roster.Stamp, error) {
	var k kept
	b, err := r.config.Router.Ask(ctx, shardID, MethodState, []byte(id))
	if err == nil {
		err = json.Unmarshal(b, &k)
	}
	return k.Saved, k.Stamp, err
}

func (r *Runner) serveState(ctx context.Context, body []byte) ([]byte, error) {
	id := roster.AgentID(body)
	if err := id.Validate(); err != nil {
		return nil, err
	}
	shardID, err := r.config.Router.ShardOfAgent(id)
	if err != nil {
		return nil, err
	}
	var k kept
	if k.Saved, k.Stamp, err = r.stateHere(ctx, shardID, id, roster.Read{Level: roster.ReadLinearizable}); err != nil {
		return nil, err
	}
	return json.Marshal(k)
}

// Save keeps what the member that calls wants its next activation to know.
func (r *Runner) Save(ctx context.Context, id roster.AgentID, state []byte) (roster.Stamp, error) {
	ctx, end, err := r.itself(ctx, id)
	defer end()
	if err != nil {
		return roster.Stamp{}, err
	}
	return r.save(ctx, acting.ActorFrom(ctx), state)
}

func (r *Runner) save(ctx context.Context, a roster.Actor, state []byte) (stamp roster.Stamp, err error) {
	packed, err := pack(state)
	if err != nil {
		return stamp, err
	}
	if stamp.Shard, err = r.config.Router.ShardOfAgent(a.Agent); err != nil {
		return stamp, err
	}
	op, done, err := r.config.Router.Op(ctx, stamp.Shard, fleet.Save{Agent: a.Agent, Epoch: a.Epoch, State: packed})
	if err != nil {
		return stamp, err
	}
	defer done()
	outcome := r.config.Router.ProposeAll(ctx, stamp.Shard, []router.Op{op})[0]
	stamp.Index = outcome.Result.Index
	return stamp, outcome.Refusal()
}

// activation is the state of one activation, for functions of this process.
type activation struct {
	runner *Runner
	roster.Actor
}

// Load returns what the activation before kept: all that it did came before this one's epoch.
func (a activation) Load(ctx context.Context) ([]byte, error) {
	ctx, cancel := router.WithDeadline(ctx)
	defer cancel()
	shardID, err := a.runner.config.Router.ShardOfAgent(a.Agent)
	if err != nil {
		return nil, err
	}
	after := roster.Token(roster.Position{}.Advance(shardID, roster.Index(a.Epoch)).Encode())
	s, _, err := a.runner.State(ctx, a.Agent, roster.Read{Level: roster.ReadFresh, After: after})
	if roster.CodeOf(err) == roster.CodeNotFound {
		return nil, nil
	}
	return s.State, err
}

// Save keeps bytes. An activation that is being stopped may still do so for a while.
func (a activation) Save(ctx context.Context, state []byte) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveWithin)
	defer cancel()
	_, err := a.runner.save(acting.As(ctx, a.Actor), a.Actor, state)
	return err
}
