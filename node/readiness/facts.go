package readiness

import (
	"time"

	"roster"
	"roster/node/founding"
)

// CaughtUpWithin is how old a replica, or the look at the cluster map, may be and still
// count as caught up.
const CaughtUpWithin = 2 * time.Second

// StallMax is how long a write to the log may be under way. After that package shard moves
// the leaderships away.
const StallMax = 2 * time.Second

// Facts is what a node sees of itself at one moment.
type Facts struct {
	Identity founding.Identity
	Refusal  error            // why no member lets this node in; nil: none has refused
	Expect   int              // members that are wanted
	Alive    int              // members that live, by gossip
	Replicas []Replica        // of the shards that it should hold
	Missing  []roster.ShardID // shards that it should hold and does not
	Map      uint64           // version of the cluster map in use; 0: none
	MapAge   time.Duration    // since it was looked at in a replica that was up to date; negative: never
	LeaseAge time.Duration    // since the sending of the last acknowledged renewal; negative: there was none
	Faults   []string         // of replicas that have stopped
	Doors    string           // what protects the ports, in words
	Draining bool             // this node is to vote nowhere
	Paused   bool             // no voter is moved
}

// Replica is what a node sees of its replica of one shard.
type Replica struct {
	Shard   roster.ShardID
	Leader  roster.NodeID // "": nobody is known to lead
	Placed  bool          // the group knows this node
	Voter   bool          // this node votes
	Age     time.Duration // since it was up to date
	Stalled time.Duration // how long the oldest write to its log has been under way
}

// worst returns the replica of which a figure is greatest; nil where there is none.
func worst(replicas []Replica, figure func(*Replica) time.Duration) *Replica {
	var found *Replica
	for i := range replicas {
		if found == nil || figure(&replicas[i]) > figure(found) {
			found = &replicas[i]
		}
	}
	return found
}

func age(r *Replica) time.Duration     { return r.Age }
func stalled(r *Replica) time.Duration { return r.Stalled }
