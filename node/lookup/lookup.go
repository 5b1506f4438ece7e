package lookup

import (
	"context"
	"math"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"roster"
	"roster/node/afar"
	"roster/node/router"
	"roster/shard"
)

// never is the age of a replica that has never been up to date.
const never = time.Duration(math.MaxInt64)

// fetchingMax is how many shards one batch asks about at other nodes at the same time.
const fetchingMax = 8

// Lookups looks agents up. All fields are needed.
type Lookups struct {
	Router *router.Router
	// Ready returns this node's replica of a shard once it may answer such a read.
	Ready func(context.Context, roster.ShardID, roster.Read) (*shard.Group, error)
	Afar  *afar.Afar
}

// One returns one agent, or NotFound with a valid stamp.
func (l *Lookups) One(ctx context.Context, id roster.AgentID, r roster.Read) (*roster.Record, roster.Stamp, error) {
	if err := id.Validate(); err != nil {
		return nil, roster.Stamp{}, err
	}
	shard, err := l.Router.ShardOfAgent(id)
	if err != nil {
		return nil, roster.Stamp{}, err
	}
	if _, held := l.Router.Held(shard); !held {
		return l.away(ctx, shard, id, r)
	}
	g, err := l.Ready(ctx, shard, r)
	if err != nil {
		return nil, roster.Stamp{}, err
	}
	record, ok, seen := g.Lookup(id)
	if seen.Age == never && afar.Blank(g) {
		return l.away(ctx, shard, id, r)
	}
	if !ok {
		record = nil
	}
	return l.found(id, record, roster.Stamp{Shard: shard, Index: seen.Index, Age: seen.Age})
}

// away looks one agent up at a node that holds its shard.
func (l *Lookups) away(ctx context.Context, shard roster.ShardID, id roster.AgentID, r roster.Read) (*roster.Record, roster.Stamp, error) {
	records, seen, err := l.Afar.Lookup(ctx, shard, []roster.AgentID{id}, r)
	if err != nil {
		return nil, roster.Stamp{}, err
	}
	stamp := roster.Stamp{Shard: shard, Index: seen.Index, Age: seen.Age, Node: seen.Node}
	if len(records) == 0 {
		records = []*roster.Record{nil}
	}
	return l.found(id, records[0], stamp)
}

// found answers with a record; nil is NotFound.
func (l *Lookups) found(id roster.AgentID, record *roster.Record, stamp roster.Stamp) (*roster.Record, roster.Stamp, error) {
	if record == nil {
		return nil, stamp, &roster.Error{Code: roster.CodeNotFound, Shard: stamp.Shard, Index: stamp.Index, Detail: "agent " + string(id) + " is not on the roll"}
	}
	if record.Revision > stamp.Index {
		// The record is newer than the index, which was loaded first: who passes the
		// token on must find at least this record.
		stamp.Token = l.Router.Token(roster.Position{}.Advance(stamp.Shard, record.Revision))
	}
	return record, stamp, nil
}

// Batch returns agents in the order of ids.
func (l *Lookups) Batch(ctx context.Context, ids []roster.AgentID, r roster.Read) ([]roster.LookupResult, roster.Stamp, error) {
	if len(ids) > roster.BatchMax {
		return nil, roster.Stamp{}, roster.Errorf(roster.CodeTooLarge, "%d ids; at most %d", len(ids), roster.BatchMax)
	}
	for _, id := range ids {
		if err := id.Validate(); err != nil {
			return nil, roster.Stamp{}, err
		}
	}
	b := batch{Lookups: l, read: r, ready: make(map[roster.ShardID]bool)}
	b.mu.fetched = make(map[roster.AgentID]*roster.Record)
	if err := b.fetch(ctx, ids); err != nil {
		return nil, roster.Stamp{}, err
	}
	results := make([]roster.LookupResult, len(ids))
	for i, id := range ids {
		record, err := b.lookup(ctx, id)
		if err != nil {
			return nil, roster.Stamp{}, err
		}
		results[i] = roster.LookupResult{ID: id, Agent: record}
	}
	return results, roster.Stamp{Age: b.mu.age, Token: l.Router.Token(b.mu.position)}, nil
}

// batch is one batch of look-ups: each shard is made ready once.
type batch struct {
	*Lookups
	read  roster.Read
	ready map[roster.ShardID]bool
	mu    struct { // while other nodes are asked
		sync.Mutex
		position roster.Position
		age      time.Duration
		fetched  map[roster.AgentID]*roster.Record
	}
}

// fetch looks up, at other nodes, what is in shards that are not here.
func (b *batch) fetch(ctx context.Context, ids []roster.AgentID) error {
	asked, here := map[roster.ShardID][]roster.AgentID{}, map[roster.ShardID]bool{}
	for _, id := range ids {
		shard, err := b.Router.ShardOfAgent(id)
		if err != nil {
			return err
		}
		if !here[shard] && len(asked[shard]) == 0 {
			g, held := b.Router.Held(shard)
			here[shard] = held && !afar.Blank(g)
		}
		if !here[shard] {
			asked[shard] = append(asked[shard], id)
		}
	}
	var all errgroup.Group
	all.SetLimit(fetchingMax)
	for shard, ids := range asked {
		all.Go(func() error {
			records, seen, err := b.Afar.Lookup(ctx, shard, ids, b.read)
			b.keep(shard, ids, records, seen)
			return err
		})
	}
	return all.Wait()
}

func (b *batch) keep(shard roster.ShardID, ids []roster.AgentID, records []*roster.Record, seen afar.Seen) {
	b.mu.Lock()
	defer b.mu.Unlock()
	index := seen.Index
	for i, record := range records {
		b.mu.fetched[ids[i]] = record
		if record != nil {
			index = max(index, record.Revision)
		}
	}
	b.mu.position, b.mu.age = b.mu.position.Advance(shard, index), max(b.mu.age, seen.Age)
}

func (b *batch) lookup(ctx context.Context, id roster.AgentID) (*roster.Record, error) {
	if record, fetched := b.mu.fetched[id]; fetched {
		return record, nil
	}
	shard, err := b.Router.ShardOfAgent(id)
	if err != nil {
		return nil, err
	}
	g, err := b.Router.Group(shard)
	if err == nil && !b.ready[shard] {
		_, err = b.Ready(ctx, shard, b.read)
		b.ready[shard] = true
	}
	if err != nil {
		return nil, err
	}
	record, ok, seen := g.Lookup(id)
	index := seen.Index
	if ok {
		index = max(index, record.Revision) // the index was loaded first
	}
	b.mu.position, b.mu.age = b.mu.position.Advance(shard, index), max(b.mu.age, seen.Age)
	return record, nil
}
