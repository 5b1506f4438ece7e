package digests

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"roster"
	"roster/node/router"
	"roster/shard"
	"roster/shard/digest"
)

const (
	every    = 5 * time.Second
	callMax  = 2 * time.Second
	callsMax = 8 // at the same time
)

// Config says whose replicas are compared and how others are asked.
type Config struct {
	Self   roster.NodeID
	Dir    string // where a state is kept while it is fetched; "" is that for temporary files
	Groups func() []*shard.Group
	Call   func(ctx context.Context, to roster.NodeID, method uint8, body []byte) ([]byte, error)
	Logger *slog.Logger
}

// Digests compares the replicas of one node. Make one with New.
type Digests struct {
	c       Config
	settled map[roster.ShardID]uint64 // the last window that every voter has spoken of
	seeds   seeds
}

// New returns a Digests that compares nothing until Run.
func New(c Config) *Digests {
	return &Digests{c: c, settled: map[roster.ShardID]uint64{}, seeds: seeds{open: map[seedKey]*seed{}}}
}

// Serve answers another node's question. A replica that has stopped goes on to say what
// it had: where none is known to be right, each of them must hear of the others.
func (d *Digests) Serve() []byte {
	windows := map[roster.ShardID][]digest.Window{}
	for _, g := range d.c.Groups() {
		windows[g.ID()] = g.Windows()
	}
	return digest.Append(nil, windows)
}

// Run compares until ctx ends.
func (d *Digests) Run(ctx context.Context) error {
	defer d.seeds.close()
	for router.Wait(ctx, every) {
		d.mend(ctx)
		if due := d.due(); len(due) > 0 {
			d.compare(due, d.ask(ctx, due))
		}
	}
	return nil
}

// mend gives the replicas in quarantine another state. One that fails is tried again.
func (d *Digests) mend(ctx context.Context) {
	for _, g := range d.c.Groups() {
		if g.Readable() == nil {
			continue
		}
		if err := d.reseed(ctx, g); err != nil {
			d.c.Logger.Warn("replace a replica", "shard", g.ID(), "err", err)
		}
	}
}

// group returns the replica of a shard that is here.
func (d *Digests) group(id roster.ShardID) (*shard.Group, error) {
	for _, g := range d.c.Groups() {
		if g.ID() == id {
			return g, nil
		}
	}
	return nil, roster.Errorf(roster.CodeUnavailable, "this node holds no replica of shard %v", id)
}

// due lists the groups in which something is not compared yet.
func (d *Digests) due() (due []*shard.Group) {
	for _, g := range d.c.Groups() {
		if windows := g.Windows(); g.Fault() == nil && len(windows) > 0 && windows[len(windows)-1].Last > d.settled[g.ID()] {
			due = append(due, g)
		}
	}
	return due
}

// answers are the windows by shard, of each node that answered.
type answers map[roster.NodeID]map[roster.ShardID][]digest.Window

// ask asks all who vote in groups, at most callsMax at a time.
func (d *Digests) ask(ctx context.Context, groups []*shard.Group) answers {
	all := answers{}
	var mu sync.Mutex
	var calls errgroup.Group
	calls.SetLimit(callsMax)
	for _, node := range d.voters(groups) {
		calls.Go(func() error {
			windows, err := d.askOne(ctx, node)
			if err != nil {
				d.c.Logger.Debug("ask for digests", "peer", node, "err", err)
				return nil // the next round asks again
			}
			mu.Lock()
			defer mu.Unlock()
			all[node] = windows
			return nil
		})
	}
	_ = calls.Wait()
	return all
}

func (d *Digests) askOne(ctx context.Context, node roster.NodeID) (map[roster.ShardID][]digest.Window, error) {
	ctx, cancel := context.WithTimeout(ctx, callMax)
	defer cancel()
	b, err := d.c.Call(ctx, node, digest.MethodWindows, nil)
	if err != nil {
		return nil, err
	}
	return digest.Parse(b)
}

// voters are the other nodes that vote in any of groups.
func (d *Digests) voters(groups []*shard.Group) (nodes []roster.NodeID) {
	for _, g := range groups {
		voters, _ := g.Servers()
		for _, id := range voters {
			if id != d.c.Self && !slices.Contains(nodes, id) {
				nodes = append(nodes, id)
			}
		}
	}
	return nodes
}

// compare judges each group by what was heard, and acts on it.
func (d *Digests) compare(groups []*shard.Group, all answers) {
	for _, g := range groups {
		voters, _ := g.Servers()
		heard := map[roster.NodeID][]digest.Window{d.c.Self: g.Windows()}
		for _, id := range voters {
			if windows := all[id][g.ID()]; id != d.c.Self && len(windows) > 0 {
				heard[id] = windows
			}
		}
		verdict, at := digest.Judge(d.c.Self, len(voters), heard)
		if verdict != digest.Agrees {
			d.act(g, verdict, at)
			continue
		}
		d.settle(g.ID(), voters, heard)
	}
}

// settle notes the newest own window that every voter has spoken of. A replica that has
// just been replaced by a snapshot has none.
func (d *Digests) settle(id roster.ShardID, voters []roster.NodeID, heard map[roster.NodeID][]digest.Window) {
	own := heard[d.c.Self]
	if len(own) == 0 {
		return
	}
	last := own[len(own)-1].Last
	for _, voter := range voters {
		if !slices.ContainsFunc(heard[voter], func(w digest.Window) bool { return w.Last == last }) {
			return
		}
	}
	d.settled[id] = last
}

func (d *Digests) act(g *shard.Group, verdict digest.Verdict, at uint64) {
	d.c.Logger.Error("replicas differ", "shard", g.ID(), "entry", at, "quarantine", verdict == digest.Differs)
	if verdict == digest.Differs {
		g.Quarantine(fmt.Errorf("up to log entry %d this one made something else of the log than a majority did", at))
		return
	}
	g.Freeze(fmt.Errorf("replicas differ: up to log entry %d they made different things of the log, and no majority is equal", at))
}
