package loads

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"roster"
	"roster/fleet"
	"roster/placement"
)

// MethodLoad is the method by which nodes ask each other.
const MethodLoad uint8 = 14

const (
	askWithin = 400 * time.Millisecond
	// keepFor is how long an answer is as good as a new one.
	keepFor = 400 * time.Millisecond
)

// Unbound is the memory of a node that has no bound of it, in bytes: as much as a plan can
// ask for.
const Unbound = 1 << 60

// Load is what a node can run, and does.
type Load struct {
	Total     placement.Resources                `json:"total"`
	AgentsMax int                                `json:"agents_max"`
	Drivers   []string                           `json:"drivers"`
	Entries   []string                           `json:"entries"`
	Used      map[roster.ShardID]placement.Usage `json:"used"` // by the agents of each shard
	Busy      int64                              `json:"busy"` // thousandths of its cores
}

// Told is the load as people see it: memory without a bound is left out.
func (l *Load) Told(id roster.NodeID) fleet.NodeLoad {
	total := l.Total
	if total.Memory >= Unbound {
		total.Memory = 0
	}
	return fleet.NodeLoad{Node: id, Total: total, Used: l.Others(roster.SystemShard), AgentsMax: l.AgentsMax, Busy: l.Busy,
		Drivers: append([]string{}, l.Drivers...), Entries: append([]string{}, l.Entries...)}
}

// Others returns what the agents of all shards but one take.
func (l *Load) Others(but roster.ShardID) (sum placement.Usage) {
	for id, u := range l.Used {
		if id != but {
			sum.Resources, sum.Agents = sum.Add(u.Resources), sum.Agents+u.Agents
		}
	}
	return sum
}

// Config says whom to ask. All is needed.
type Config struct {
	Self roster.NodeID
	Own  func() Load // of this node
	Call func(ctx context.Context, to roster.NodeID, method uint8, body []byte) ([]byte, error)
}

// Loads knows the loads of nodes. Make one with New.
type Loads struct {
	config Config
	mu     struct {
		sync.Mutex
		known map[roster.NodeID]answer
	}
}

type answer struct {
	load Load
	at   time.Time
}

// New returns a Loads that knows nothing.
func New(c Config) *Loads {
	l := &Loads{config: c}
	l.mu.known = map[roster.NodeID]answer{}
	return l
}

// Serve answers another node.
func (l *Loads) Serve() ([]byte, error) { return json.Marshal(l.config.Own()) }

// Of asks nodes, all at once, and returns what those say that answer.
func (l *Loads) Of(ctx context.Context, ids []roster.NodeID) map[roster.NodeID]Load {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	out := make(map[roster.NodeID]Load, len(ids))
	var all sync.WaitGroup
	var lock sync.Mutex
	for _, id := range ids {
		if load, ok := l.recent(id); ok {
			lock.Lock()
			out[id] = load
			lock.Unlock()
			continue
		}
		all.Go(func() {
			if load, err := l.ask(ctx, id); err == nil {
				lock.Lock()
				out[id] = load
				lock.Unlock()
			}
		})
	}
	all.Wait()
	return out
}

func (l *Loads) recent(id roster.NodeID) (Load, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a, ok := l.mu.known[id]
	return a.load, ok && time.Since(a.at) < keepFor
}

func (l *Loads) ask(ctx context.Context, id roster.NodeID) (load Load, err error) {
	if id == l.config.Self {
		load = l.config.Own()
	} else {
		b, err := l.config.Call(ctx, id, MethodLoad, nil)
		if err != nil {
			return load, err
		}
		if err := json.Unmarshal(b, &load); err != nil {
			return load, err
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.mu.known) >= roster.NodesMax {
		clear(l.mu.known)
	}
	l.mu.known[id] = answer{load, time.Now()}
	return load, nil
}
