package readiness

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"roster"
	"roster/node/founding"
)

// good is a node that is ready.
func good() Facts {
	return Facts{Identity: founding.Identity{NodeID: "a", Cluster: "demo", ClusterID: "c1", Opened: true, Shards: 1}, Expect: 1, Alive: 1,
		Replicas: []Replica{{Shard: 0, Leader: "a", Placed: true, Voter: true}, {Shard: 1, Leader: "a", Placed: true, Voter: true}}, Map: 1, Doors: "loopback only"}
}

// TestEachCheckCanFail breaks one thing at a time: its check fails, says so, and no other
// does.
func TestEachCheckCanFail(t *testing.T) {
	if !Ready(Checks(good())) {
		t.Fatalf("a good node is not ready: %+v", Checks(good()))
	}
	for name, test := range map[string]struct {
		harm         func(*Facts)
		check, words string
	}{
		"opens":      {func(f *Facts) { f.Identity.Opened = false }, "cluster", "opens the shards"},
		"alone":      {func(f *Facts) { f.Identity.ClusterID = "" }, "cluster", "waits to found a cluster of 1: sees 1"},
		"newcomer":   {func(f *Facts) { f.Identity.ClusterID, f.Expect = "", 0 }, "cluster", "join one"},
		"refused":    {func(f *Facts) { f.Identity.ClusterID, f.Refusal = "", errors.New("wrong key") }, "cluster", "; wrong key"},
		"promised":   {func(f *Facts) { f.Identity.ClusterID, f.Identity.Promise = "", &founding.Proposal{Proposer: "b"} }, "cluster", "promised to found a cluster with b"},
		"few":        {func(f *Facts) { f.Expect = 2 }, "members", "1 alive, at least 2"},
		"map never":  {func(f *Facts) { f.MapAge = -1 }, "map", "no cluster map yet"},
		"map late":   {func(f *Facts) { f.MapAge = 2100 * time.Millisecond }, "map", "2.1s ago"},
		"leaderless": {func(f *Facts) { f.Replicas[1].Leader = "" }, "leaders", "shard 1"},
		"late":       {func(f *Facts) { f.Replicas[1].Age = 5 * time.Second }, "replicas", "shard 1 (5s old)"},
		"never":      {func(f *Facts) { f.Replicas[0].Age = math.MaxInt64 }, "replicas", "shard 0 (never up to date)"},
		"misplaced":  {func(f *Facts) { f.Replicas[0].Placed = false }, "replicas", "not in its group"},
		"half open":  {func(f *Facts) { f.Replicas, f.Missing = f.Replicas[:1], []roster.ShardID{1} }, "replicas", "shard 1 (not open yet)"},
		"none open":  {func(f *Facts) { f.Replicas = nil }, "replicas", "not all open yet"},
		"hangs":      {func(f *Facts) { f.Replicas[0].Stalled = 3 * time.Second }, "disk", "under way for 3s"},
		"no lease":   {func(f *Facts) { f.LeaseAge = -1 }, "lease", "not renewed yet"},
		"old lease":  {func(f *Facts) { f.LeaseAge = 4 * time.Second }, "lease", "not renewed for 4s"},
		"failed":     {func(f *Facts) { f.Faults = []string{"1: broken"} }, "storage", "shard 1: broken"},
	} {
		f := good()
		test.harm(&f)
		for _, check := range Checks(f) {
			switch {
			case check.OK == (check.Name == test.check):
				t.Errorf("%s: %+v", name, check)
			case check.Name == test.check && !strings.Contains(check.Detail, test.words):
				t.Errorf("%s: %q does not say %q", name, check.Detail, test.words)
			}
		}
	}
}
