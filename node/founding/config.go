package founding

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"roster"
)

// The methods that founders and newcomers call on other nodes. Numbers are part of
// the protocol between nodes.
const (
	MethodHello   uint8 = 4 // who are you
	MethodAdmit   uint8 = 5 // a node asks to enter the cluster; served by the node
	MethodPromise uint8 = 6 // bind yourself to my proposal
	MethodRelease uint8 = 7 // I gave that proposal up
	MethodFound   uint8 = 8 // all have promised, begin
)

// Config says who founds what, and how it reaches the others.
type Config struct {
	Cluster    string
	Name       string // the human part of a new NodeID
	DataDir    string // unused with DurabilityNone
	Durability roster.Durability
	Expect     int            // members that found together; 0 never founds
	Shards     int            // of a cluster founded here
	Readers    roster.Readers // of a cluster founded here
	Level      int            // of commands, up to which this build can apply them
	// Self is what this node enters in the system shard.
	Self func() roster.NodeInfo
	// Call calls a method of another node.
	Call func(ctx context.Context, to roster.NodeID, method uint8, body []byte) ([]byte, error)
	// Alive lists the live members, sorted, this node among them.
	Alive func() []roster.NodeID
	// Clusters lists the ids of clusters that live members belong to, as far as they say so;
	// nil: nobody knows. Between two, a node does not choose.
	Clusters func() []string
	Logger   *slog.Logger
}

// unmarshal reads the JSON of a message.
func unmarshal[T any](body []byte) (T, error) {
	var v T
	if err := json.Unmarshal(body, &v); err != nil {
		return v, errMessage
	}
	return v, nil
}

var errMessage = roster.Errorf(roster.CodeInternal, "malformed message between nodes: do all nodes run compatible versions?")

// wait returns after d, or false at once when ctx ends first.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
