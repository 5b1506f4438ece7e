package readiness

import (
	"fmt"
	"strings"
	"time"

	"roster"
)

// Checks lists what must hold before a node serves. The last one, doors, always holds.
func Checks(f Facts) []roster.Check {
	return []roster.Check{cluster(f), members(f), clusterMap(f), leaders(f), replicas(f), disk(f), lease(f),
		listed("storage", "no replica has failed", "failed: shard ", f.Faults), {Name: "doors", OK: true, Detail: f.Doors}}
}

// Ready reports whether all of them hold.
func Ready(checks []roster.Check) bool {
	for _, check := range checks {
		if !check.OK {
			return false
		}
	}
	return true
}

func cluster(f Facts) roster.Check {
	id := f.Identity
	// Between the two, the node knows its cluster but not yet every shard.
	check := roster.Check{Name: "cluster", OK: id.ClusterID != "" && id.Opened, Detail: "belongs to cluster " + id.Cluster + " " + id.ClusterID}
	switch {
	case check.OK:
	case id.ClusterID != "":
		check.Detail = "opens the shards of cluster " + id.Cluster + " " + id.ClusterID
	case id.Promise != nil && id.Promise.Proposer != id.NodeID:
		check.Detail = fmt.Sprintf("has promised to found a cluster with %s, which must say how that ended; if it is gone for good, stop this node and remove \"promise\" from node.json", id.Promise.Proposer)
	case f.Expect > 0:
		check.Detail = fmt.Sprintf("waits to found a cluster of %d: sees %d members", f.Expect, f.Alive)
	default:
		check.Detail = "waits to meet a cluster: join one"
	}
	if !check.OK && f.Refusal != nil {
		check.Detail += "; " + f.Refusal.Error()
	}
	return check
}

func members(f Facts) roster.Check {
	check := roster.Check{Name: "members", OK: f.Alive >= f.Expect, Detail: fmt.Sprintf("%d alive, at least %d expected", f.Alive, f.Expect)}
	if f.Refusal != nil && f.Identity.ClusterID != "" { // before that, the check of the cluster says so
		check.Detail += "; " + f.Refusal.Error()
	}
	return check
}

// clusterMap judges how far this node's picture of who owns what may lie behind.
func clusterMap(f Facts) roster.Check {
	switch {
	case f.Map == 0 || f.MapAge < 0:
		return roster.Check{Name: "map", Detail: "has no cluster map yet"}
	case f.MapAge > CaughtUpWithin:
		return roster.Check{Name: "map", Detail: fmt.Sprintf("version %d was the newest %s ago: at most %s is good", f.Map, span(f.MapAge), span(CaughtUpWithin))}
	}
	return roster.Check{Name: "map", OK: true, Detail: fmt.Sprintf("version %d, looked at %s ago", f.Map, span(f.MapAge))}
}

func leaders(f Facts) roster.Check {
	var missing []string
	for _, r := range f.Replicas {
		if r.Leader == "" {
			missing = append(missing, r.Shard.String())
		}
	}
	return listed("leaders", "every shard has a leader", "no leader: shard ", missing)
}

func replicas(f Facts) roster.Check {
	var behind []string
	for _, r := range f.Replicas {
		if !r.Placed || r.Age > CaughtUpWithin {
			behind = append(behind, r.Shard.String()+" ("+how(r)+")")
		}
	}
	for _, id := range f.Missing {
		behind = append(behind, id.String()+" (not open yet)")
	}
	if f.Map == 0 || len(f.Replicas) == 0 {
		behind = append(behind, "not all open yet")
	}
	good := "every local replica has caught up"
	if oldest := worst(f.Replicas, age); oldest != nil {
		good += fmt.Sprintf("; the oldest, of shard %s, was up to date %s ago", oldest.Shard, span(oldest.Age))
	}
	return listed("replicas", good, "still catching up: shard ", behind)
}

// how says in what way a replica is behind.
func how(r Replica) string {
	switch {
	case !r.Placed:
		return "not in its group"
	case r.Age > roster.MaxAgeMax*24: // such an age stands for none
		return "never up to date"
	}
	return span(r.Age) + " old"
}

func disk(f Facts) roster.Check {
	slowest := worst(f.Replicas, stalled)
	if slowest == nil || slowest.Stalled == 0 {
		return roster.Check{Name: "disk", OK: true, Detail: "no write to a log is under way"}
	}
	under := fmt.Sprintf("the oldest write to a log, of shard %s, has been under way for %s", slowest.Shard, span(slowest.Stalled))
	if slowest.Stalled > StallMax {
		return roster.Check{Name: "disk", Detail: under + ": at most " + span(StallMax) + " is good"}
	}
	return roster.Check{Name: "disk", OK: true, Detail: under}
}

func lease(f Facts) roster.Check {
	margin := span(roster.NodeLeaseMargin)
	switch {
	case f.LeaseAge < 0:
		return roster.Check{Name: "lease", Detail: "not renewed yet: the system shard does not answer"}
	case f.LeaseAge >= roster.NodeLeaseMargin:
		return roster.Check{Name: "lease", Detail: fmt.Sprintf("not renewed for %s: the system shard does not answer; it is good for %s", span(f.LeaseAge), margin)}
	}
	return roster.Check{Name: "lease", OK: true, Detail: fmt.Sprintf("held: renewed %s ago, good for %s", span(f.LeaseAge), margin)}
}

func listed(name, good, bad string, items []string) roster.Check {
	if len(items) == 0 {
		return roster.Check{Name: name, OK: true, Detail: good}
	}
	return roster.Check{Name: name, Detail: bad + strings.Join(items, ", ")}
}

// span rounds a time to what people read.
func span(d time.Duration) string {
	if d < time.Second {
		return d.Round(time.Millisecond).String()
	}
	return d.Round(100 * time.Millisecond).String()
}
