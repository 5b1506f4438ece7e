package readiness_test

import (
	"fmt"
	"time"

	"roster/node/founding"
	"roster/node/readiness"
)

// A node whose disk hangs says for how long.
func Example() {
	facts := readiness.Facts{Identity: founding.Identity{Cluster: "demo", ClusterID: "c1", Opened: true}, Expect: 3, Alive: 3,
		Replicas: []readiness.Replica{{Leader: "a", Placed: true, Voter: true, Age: 40 * time.Millisecond, Stalled: 3 * time.Second}},
		Map:      4, MapAge: 130 * time.Millisecond, LeaseAge: 200 * time.Millisecond, Doors: "loopback only"}
	for _, check := range readiness.Checks(facts) {
		fmt.Println(check.OK, check.Name+":", check.Detail)
	}
	// Output:
	// true cluster: belongs to cluster demo c1
	// true members: 3 alive, at least 3 expected
	// true map: version 4, looked at 130ms ago
	// true leaders: every shard has a leader
	// true replicas: every local replica has caught up; the oldest, of shard 0, was up to date 40ms ago
	// false disk: the oldest write to a log, of shard 0, has been under way for 3s: at most 2s is good
	// true lease: held: renewed 200ms ago, good for 2.1s
	// true storage: no replica has failed
	// true doors: loopback only
}
