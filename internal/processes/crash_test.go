package processes

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"roster"
	"roster/loadgen/check"
	"roster/loadgen/report"
)

const (
	crashRunsEnv     = "ROSTER_CRASH_RUNS"
	crashRunsDefault = 2
	crashMax         = 40 * time.Second // one crash with what follows
	// upFor is how long all nodes are there between two crashes.
	upFor = 2 * time.Second
)

// TestCrashesUnderLoad kills nodes, in turn the one that leads the system shard and any,
// while "roster load run chaos" writes hundreds of agents a second, keeps sessions, reads and
// watches: no promise that it checks may break, and no session that is kept may end.
func TestCrashesUnderLoad(t *testing.T) {
	runs := runsFrom(t, crashRunsEnv, crashRunsDefault)
	s := newSiteFor(t, testMax+time.Duration(runs)*crashMax)
	k := &killStory{site: s, nodes: s.trio()}
	file := filepath.Join(s.dir, "chaos.json")
	load := s.launch("load", nil, "load", "run", "chaos", "--addr", k.nodes[0].http, "--agents", "20000",
		"--mix", "put100=12,update=40,lookup=24,read=24", "--rate", "150", "--duration", (time.Duration(runs) * crashMax).String(), "-o", "json", "--out", file)
	s.until(readyWithin, "the load writes", func() error { return s.loaded(k.nodes[0], 20000) })
	var pauses []time.Duration
	for run := range runs {
		victim := k.nodes[rand.IntN(len(k.nodes))]
		if run%2 == 0 {
			victim = k.leaderOf(roster.SystemShard)
		}
		victim.kill()
		began := time.Now()
		k.others(victim)
		pauses = append(pauses, time.Since(began))
		victim.start()
		s.ready(k.nodes...)
		<-time.After(upFor) // a span of load, not a wait for something
	}
	s.interrupt(load, os.Interrupt)
	k.hold(file, load.output())
	slices.Sort(pauses)
	t.Logf("crashes %d; every shard led again after median %v max %v", runs, round(pauses[runs/2]), round(pauses[runs-1]))
}

// loaded returns nil as soon as n agents are on the roll.
func (s *site) loaded(through *member, n int) error {
	status, err := s.client(through).Status(s.soon())
	if err == nil && status.Agents < n {
		err = fmt.Errorf("%d agents", status.Agents)
	}
	return err
}

// leaderOf returns the node that leads a shard.
func (k *killStory) leaderOf(shard roster.ShardID) (leader *member) {
	k.Helper()
	k.until(readyWithin, "somebody leads", func() error {
		members, err := k.client(k.nodes...).Members(k.soon())
		for _, m := range members {
			if i := slices.IndexFunc(k.nodes, func(n *member) bool { return n.name == m.Name }); i >= 0 && slices.Contains(m.LeaderOf, shard) {
				leader = k.nodes[i]
			}
		}
		if err == nil && leader == nil {
			err = fmt.Errorf("nobody leads shard %v", shard)
		}
		return err
	})
	return leader
}

// others waits until the nodes but one lead every shard.
func (k *killStory) others(victim *member) {
	k.Helper()
	rest := slices.DeleteFunc(slices.Clone(k.nodes), func(n *member) bool { return n == victim })
	k.until(resumeWithin, "every shard is led again", func() error {
		members, err := k.client(rest...).Members(k.soon())
		led := 0
		for _, m := range members {
			if m.Name != victim.name {
				led += len(m.LeaderOf)
			}
		}
		if err == nil && led != roster.ShardsDefault+1 {
			err = fmt.Errorf("%d shards are", led)
		}
		return err
	})
}

// hold reads what the load reports. A run that is interrupted fails for that alone.
func (k *killStory) hold(file, output string) {
	k.Helper()
	in, err := os.Open(file)
	if err != nil {
		k.Fatalf("%v\n%s", err, output)
	}
	defer in.Close()
	r, err := report.Read(in)
	if err != nil {
		k.Fatal(err)
	}
	run := r.Runs[0]
	for _, c := range run.Checks {
		k.Logf("%s: checked %d, violations %d %v %s", c.Name, c.Checked, c.Violations, c.Samples, c.Note)
		if c.Violations > 0 || c.Checked == 0 && c.Name != "watch" {
			k.Errorf("%s: %d violations in %d: %v", c.Name, c.Violations, c.Checked, c.Samples)
		}
	}
	k.Logf("operations %d, failed %d; %+v; notes %q", run.Load.Count(), run.Load.Failed(), run.Extra, run.Notes)
	if !slices.ContainsFunc(run.Checks, func(c check.Verdict) bool { return c.Name == "sessions" }) {
		k.Errorf("no session was kept: %+v", run.Checks)
	}
}
