package node

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"sync"
	"time"

	"roster"
	"roster/node/fleets"
	"roster/node/founding"
	"roster/node/router"
)

// Do carries out a command that callers may propose.
func (n *Node) Do(ctx context.Context, c roster.Command) (roster.Result, roster.Stamp, error) {
	if c.Kind().Internal() {
		return roster.Result{}, roster.Stamp{}, roster.Errorf(roster.CodeDenied, "command %s is for nodes alone", c.Kind())
	}
	ctx, cancel, err := n.Begin(ctx) // one deadline for all steps
	defer cancel()
	if err != nil {
		return roster.Result{}, roster.Stamp{}, err
	}
	if c, err = n.prepare(ctx, c); err != nil {
		return roster.Result{}, roster.Stamp{}, err
	}
	id, err := n.router.ShardOf(c.Key())
	if err != nil {
		return roster.Result{}, roster.Stamp{}, err
	}
	result, err := n.router.Propose(ctx, id, c)
	return result, n.stamp(id, result.Index), err
}

// prepare validates a command before it costs anything, and adds what only this
// side may add: hashes for secrets, ids for sessions, the session's attachment.
func (n *Node) prepare(ctx context.Context, c roster.Command) (roster.Command, error) {
	switch c := c.(type) {
	case roster.Register:
		return n.prepareRegister(ctx, c)
	case roster.OpenSession:
		return prepareSession(c)
	case roster.Update:
		return c, c.ID.Validate()
	case roster.Deregister:
		return c, c.ID.Validate()
	case roster.EndSession:
		return c, c.ID.Validate()
	case roster.SetHealth:
		return c, cmp.Or(c.ID.Validate(), c.Health.Validate())
	}
	return c, fleets.Prepare(c)
}

func (n *Node) prepareRegister(ctx context.Context, c roster.Register) (roster.Command, error) {
	if err := c.Agent.Validate(); err != nil {
		return nil, err
	}
	switch c.Mode {
	case "":
		c.Mode = roster.ModeCreate
	case roster.ModeCreate, roster.ModePut:
	default:
		return nil, roster.Invalid("mode", "mode %q: want create or put", string(c.Mode))
	}
	c.SecretHash = ""
	if c.Agent.Secret != "" {
		sum := sha256.Sum256([]byte(c.Agent.Secret))
		c.SecretHash, c.Agent.Secret = hex.EncodeToString(sum[:]), ""
	}
	if c.Agent.Session == "" {
		return c, nil
	}
	return c, n.sessions.Attach(ctx, c.Agent.Session, c.Agent.ID.Key())
}

func prepareSession(c roster.OpenSession) (roster.Command, error) {
	if c.TTL == 0 {
		c.TTL = roster.Duration(roster.SessionTTL)
	}
	if ttl := time.Duration(c.TTL); ttl < roster.SessionTTLMin || ttl > roster.SessionTTLMax {
		return nil, roster.Invalid("ttl", "ttl %v: want %v to %v", ttl, roster.SessionTTLMin, roster.SessionTTLMax)
	}
	if c.ID == "" {
		c.ID = roster.SessionID(founding.RandomHex(16))
	}
	return c, c.ID.Validate()
}

// Register enters or replaces an agent.
func (n *Node) Register(ctx context.Context, c roster.Register) (roster.Change, roster.Stamp, error) {
	return n.change(ctx, c)
}

// Deregister takes an agent off the roll.
func (n *Node) Deregister(ctx context.Context, c roster.Deregister) (roster.Change, roster.Stamp, error) {
	return n.change(ctx, c)
}

func (n *Node) change(ctx context.Context, c roster.Command) (roster.Change, roster.Stamp, error) {
	result, stamp, err := n.Do(ctx, c)
	change, _ := result.Value.(roster.Change)
	return change, stamp, err
}

// RegisterBatch carries out each item on its own, all shards at once.
func (n *Node) RegisterBatch(ctx context.Context, items []roster.Register) ([]roster.BatchResult, roster.Token, error) {
	if len(items) > roster.BatchMax {
		return nil, "", roster.Errorf(roster.CodeTooLarge, "%d items; at most %d", len(items), roster.BatchMax)
	}
	ctx, cancel, err := n.Begin(ctx)
	defer cancel()
	if err != nil {
		return nil, "", err
	}
	b := batch{node: n, items: items, results: make([]roster.BatchResult, len(items)), shards: make(map[roster.ShardID]*batchPart)}
	defer b.release()
	b.sort(ctx)
	b.propose(ctx)
	return b.results, n.router.Token(b.position), nil
}

// batch is one RegisterBatch under way: items sorted by shard, results in place.
type batch struct {
	node     *Node
	items    []roster.Register
	results  []roster.BatchResult
	shards   map[roster.ShardID]*batchPart
	done     []func()
	position roster.Position
}

// batchPart is what goes to one shard: operations, and where each came from.
type batchPart struct {
	ops []router.Op
	at  []int
}

// sort prepares every item and puts the good ones into the part of their shard.
func (b *batch) sort(ctx context.Context) {
	base, given := roster.RequestFrom(ctx)
	for i, item := range b.items {
		b.results[i].ID = item.Agent.ID
		c, err := b.node.prepare(ctx, item)
		if err != nil {
			b.refuse(i, err)
			continue
		}
		id, err := b.node.router.ShardOf(c.Key())
		if err != nil {
			b.refuse(i, err)
			continue
		}
		itemCtx := ctx
		if given {
			itemCtx = roster.WithRequest(ctx, roster.Request{Client: base.Client, Seq: base.Seq + uint64(i), Done: base.Done})
		}
		op, done, err := b.node.router.Op(itemCtx, id, c)
		if err != nil {
			b.refuse(i, err)
			continue
		}
		b.done = append(b.done, done)
		part := b.shards[id]
		if part == nil {
			part = &batchPart{}
			b.shards[id] = part
		}
		part.ops, part.at = append(part.ops, op), append(part.at, i)
	}
}

func (b *batch) refuse(i int, err error) {
	b.results[i].Outcome, b.results[i].Err = roster.OutcomeRefused, err
}

func (b *batch) propose(ctx context.Context) {
	var all sync.WaitGroup
	var mu sync.Mutex
	for id, part := range b.shards {
		all.Go(func() {
			outcomes := b.node.router.ProposeAll(ctx, id, part.ops)
			mu.Lock()
			defer mu.Unlock()
			for i, o := range outcomes {
				b.settle(part.at[i], id, o)
			}
		})
	}
	all.Wait()
}

func (b *batch) settle(at int, id roster.ShardID, o router.Outcome) {
	if err := o.Refusal(); err != nil {
		b.refuse(at, err)
		return
	}
	change, _ := o.Value.(roster.Change)
	b.results[at].Outcome = change.Outcome
	if change.Record != nil {
		b.results[at].Revision = change.Record.Revision
	}
	b.position = b.position.Advance(id, o.Index)
}

func (b *batch) release() {
	for _, done := range b.done {
		done()
	}
}

// Lookup returns one agent from the replica of its shard; package lookup says from which.
func (n *Node) Lookup(ctx context.Context, id roster.AgentID, r roster.Read) (*roster.Record, roster.Stamp, error) {
	return n.lookups.One(ctx, id, r)
}

// LookupBatch returns agents in the order of ids.
func (n *Node) LookupBatch(ctx context.Context, ids []roster.AgentID, r roster.Read) ([]roster.LookupResult, roster.Stamp, error) {
	return n.lookups.Batch(ctx, ids, r)
}

// stamp returns what a write's answer says of itself.
func (n *Node) stamp(id roster.ShardID, index roster.Index) roster.Stamp {
	if index == 0 {
		return roster.Stamp{Shard: id}
	}
	return roster.Stamp{Shard: id, Index: index, Token: n.router.Token(roster.Position{}.Advance(id, index))}
}
