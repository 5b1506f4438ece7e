package afar

import (
	"context"
	"sync"
	"time"

	"roster"
	"roster/node/router"
	"roster/shard"
)

// The methods by which nodes ask each other. Numbers are part of the protocol.
const (
	methodLookup  uint8 = 20
	methodFind    uint8 = 21
	methodSession uint8 = 22
	methodStatus  uint8 = 23
	methodFeed    uint8 = 24
	methodMatches uint8 = 25
	methodState   uint8 = 26
	methodFleets  uint8 = 27
)

// Methods reports whether a method is one of this package's.
func Methods(method uint8) bool { return method >= methodLookup && method <= methodFleets }

// answerMax is about how many bytes of records an answer has: one record more than fit at
// most. Whoever wants more asks on.
const answerMax = 4 << 20

// Config says what an Afar works with. All is needed.
type Config struct {
	Router *router.Router
	// Ready returns this node's replica of a shard once it may answer such a read.
	Ready func(context.Context, roster.ShardID, roster.Read) (*shard.Group, error)
	Call  func(ctx context.Context, to roster.NodeID, method uint8, body []byte) ([]byte, error)
	Dir   string // where states are kept while they are fetched; "" is that for temporary files
}

// Afar asks other nodes, and answers them. Make one with New.
type Afar struct {
	config  Config
	sheets  sheets
	streams streams
	mu      struct {
		sync.Mutex
		last map[roster.ShardID]roster.NodeID // who answered last
		seen map[roster.ShardID]status        // how shards stood a moment ago
	}
}

// New returns an Afar.
func New(c Config) *Afar {
	a := &Afar{config: c}
	a.sheets.open, a.streams.open = map[uint64]*sheet{}, map[streamKey]*stream{}
	a.mu.last, a.mu.seen = map[roster.ShardID]roster.NodeID{}, map[roster.ShardID]status{}
	return a
}

// Close lets go of what others were still fetching.
func (a *Afar) Close() { a.streams.close() }

// Seen says what an answer reflects, and whose replica it is from.
type Seen struct {
	Index roster.Index
	Age   time.Duration
	Node  roster.NodeID
}

// ask asks one holder of a shard after the other until one answers, or ctx or
// RequestDeadline ends.
func (a *Afar) ask(ctx context.Context, id roster.ShardID, method uint8, q question) (*answer, error) {
	ctx, cancel := router.WithDeadline(ctx)
	defer cancel()
	q.Shard = id
	last := error(&roster.Error{Code: roster.CodeUnavailable, Shard: id, RetryAfter: time.Second, Detail: "no node that holds the shard answers"})
	for try := (router.Retry{}); try.Next(ctx, false); {
		for _, holder := range a.holders(id) {
			x, err := a.askOne(ctx, holder, method, q)
			if err == nil {
				return x, nil
			}
			if !elsewhere(err) {
				return nil, err
			}
			last = err
		}
	}
	return nil, &roster.Error{Code: roster.CodeUnavailable, Shard: id, RetryAfter: time.Second,
		Detail: "this node holds no replica of the shard, and no node that does answered in time", Cause: last}
}

// elsewhere reports whether another holder may do better.
func elsewhere(err error) bool {
	switch roster.CodeOf(err) {
	case roster.CodeUnavailable, roster.CodeUnknown, roster.CodeOverloaded, roster.CodeMoved, roster.CodeInternal:
		return true
	}
	return false
}

// askOne asks one holder. The age of what it says has grown on the way.
func (a *Afar) askOne(ctx context.Context, holder roster.NodeID, method uint8, q question) (*answer, error) {
	ctx, cancel := context.WithTimeout(ctx, router.AttemptWithin)
	defer cancel()
	start := time.Now()
	b, err := a.config.Call(ctx, holder, method, q.encode())
	if err != nil {
		a.forget(q.Shard, holder)
		return nil, err
	}
	x, err := decode(b)
	if err != nil {
		return nil, err
	}
	if way := time.Since(start); x.seen.Age < never-way {
		x.seen.Age += way
	}
	x.seen.Node = holder
	a.note(q.Shard, holder)
	return x, nil
}

// never is the age of a replica that has never been up to date.
const never = time.Duration(1<<63 - 1)

// holders lists whom to ask, who answered last first.
func (a *Afar) holders(id roster.ShardID) []roster.NodeID {
	all := a.config.Router.Holders(id)
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, holder := range all {
		if holder == a.mu.last[id] {
			all[0], all[i] = all[i], all[0]
		}
	}
	return all
}

func (a *Afar) note(id roster.ShardID, holder roster.NodeID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.mu.last[id] = holder
}

func (a *Afar) forget(id roster.ShardID, holder roster.NodeID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.mu.last[id] == holder {
		delete(a.mu.last, id)
	}
}
