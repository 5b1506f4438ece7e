package shard

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"roster"
	"roster/fsm"
	"roster/shard/link"
	"roster/shard/logstore"
	"roster/shard/pledge"
	"roster/shard/replica"
)

// Config configures a Host. Node and Network are required.
type Config struct {
	Node roster.NodeID
	// Dir holds shards/<id>/ and log/; "" is allowed with memory alone.
	Dir string
	// Store is the kind of log of groups that are new here; "" is bolt with a Dir and
	// memory without. A group stays in the store that it is in.
	Store logstore.Kind
	// Network carries the messages of the groups between nodes.
	Network link.Network
	// AddressOf resolves a node for Network.Dial, each time anew, so that a node may come
	// back under another address. Nil: Network.Dial takes the node id itself.
	AddressOf func(roster.NodeID) (string, bool)
	// Profile gives the timing of a group; nil is Fast for the system shard and Normal
	// for the others. It must be the same on every node.
	Profile func(roster.ShardID) Timing
	// Logger gets what Raft and the groups have to say; nil discards it.
	Logger *slog.Logger
	// Metrics gets the collectors of the host; nil registers none.
	Metrics prometheus.Registerer
	// Now reads the clock; its monotonic part drives log time. Nil is time.Now.
	Now func() time.Time
	// Wall reads the clock on the wall, which may jump: what it says is shown to people
	// and decides nothing. Nil is time.Now.
	Wall func() time.Time
	// Disk wraps the store of each group, so that tests can make disks slow or broken;
	// nil leaves them as they are.
	Disk func(roster.ShardID, logstore.Store) logstore.Store
	// OnFault is told once of each group that has stopped, and why, on a goroutine of its
	// own; and with nil of one whose quarantine has ended, by who ended it, while nothing
	// is applied. It must return, and not close the host before it does.
	OnFault func(roster.ShardID, error)
	// Pledge returns what this node has promised to a group whose replica it deleted; nil is
	// nothing.
	Pledge func(roster.ShardID) pledge.Pledge
	// Compaction says when groups take snapshots; its zero fields mean defaults.
	Compaction Compaction

	tuning tuning
}

// Compaction says when a group takes a snapshot and what of its log it keeps behind one.
type Compaction struct {
	Trailing  uint64        // entries that are kept behind a snapshot
	Threshold uint64        // entries after which one is due
	Interval  time.Duration // between two looks for that, by Raft
	Changes   time.Duration // between two looks for what entries alone do not show
}

// Timing is how fast a group notices that its leader is gone.
type Timing struct {
	Heartbeat time.Duration // a follower that hears nothing for this long stands for election
	Election  time.Duration // a candidate that has not won after this long tries again
	Lease     time.Duration // a leader without a quorum for this long steps down; at most Heartbeat
	// Commit is how often an idle leader tells its commit index once more. Followers
	// need not wait for that: they are told of each commit when nothing follows it.
	Commit time.Duration
}

// Normal suits most shards: a leader that falls silent is replaced within about 1.3 s,
// one whose process has ended within a fifth of a second.
func Normal() Timing {
	return Timing{Heartbeat: 500 * time.Millisecond, Election: 500 * time.Millisecond, Lease: 400 * time.Millisecond, Commit: time.Second}
}

// Fast suits the system shard: a leader that falls silent is replaced within about 0.7 s.
func Fast() Timing {
	return Timing{Heartbeat: 250 * time.Millisecond, Election: 250 * time.Millisecond, Lease: 200 * time.Millisecond, Commit: time.Second}
}

// tuning is what tests change.
type tuning struct {
	hold    int64
	machine func(roster.ShardID) replica.Machine
	store   func(logstore.Store) logstore.Store
}

// What Raft keeps and when it compacts. The log reaches back at least twice as far
// as the distance after which a snapshot is due, so that an operator who must delete
// a bad newest snapshot still finds the entries after the one before.
const (
	trailingLogs      = 2048
	snapshotThreshold = 1024
	snapshotInterval  = 20 * time.Second // and one second more for each shard, modulo 16
	compactEvery      = 5 * time.Second  // looks for what entries alone do not show
	appendEntriesMax  = 512
)

// Server is one member of a new group.
type Server struct {
	ID     roster.NodeID
	Reader bool // receives the log, but neither votes nor counts
}

// Validate reports every fault of c.
func (c Config) Validate() error {
	var faults []error
	if c.Node == "" {
		faults = append(faults, errors.New("shard: Node is empty"))
	}
	if c.Network == nil {
		faults = append(faults, errors.New("shard: Network is nil"))
	}
	if c.Store != "" && !slices.Contains(logstore.Kinds, c.Store) {
		faults = append(faults, fmt.Errorf("shard: Store %q: want one of %v", c.Store, logstore.Kinds))
	}
	if (c.Store == logstore.Bolt || c.Store == logstore.Shared) && c.Dir == "" {
		faults = append(faults, fmt.Errorf("shard: Store %s needs a Dir", c.Store))
	}
	return errors.Join(faults...)
}

func (c Config) withDefaults() Config {
	if c.Store == "" && c.Dir == "" {
		c.Store = logstore.Memory
	}
	c.Store = cmp.Or(c.Store, logstore.Bolt)
	if c.Profile == nil {
		c.Profile = profile
	}
	c.Logger = cmp.Or(c.Logger, slog.New(slog.DiscardHandler))
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Wall == nil {
		c.Wall = time.Now
	}
	if c.Disk == nil {
		c.Disk = func(_ roster.ShardID, s logstore.Store) logstore.Store { return s }
	}
	if c.OnFault == nil {
		c.OnFault = func(roster.ShardID, error) {}
	}
	c.Compaction = c.Compaction.withDefaults()
	if c.tuning.machine == nil {
		c.tuning.machine = func(id roster.ShardID) replica.Machine { return fsm.New(id) }
	}
	if c.tuning.store == nil {
		c.tuning.store = func(s logstore.Store) logstore.Store { return s }
	}
	return c
}

func profile(id roster.ShardID) Timing {
	if id == roster.SystemShard {
		return Fast()
	}
	return Normal()
}

func (c Compaction) withDefaults() Compaction {
	return Compaction{cmp.Or(c.Trailing, trailingLogs), cmp.Or(c.Threshold, snapshotThreshold),
		cmp.Or(c.Interval, snapshotInterval), cmp.Or(c.Changes, compactEvery)}
}
