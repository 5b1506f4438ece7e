package processes

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"roster"
)

const (
	killRunsEnv     = "ROSTER_KILL_RUNS"
	killRunsDefault = 2
	runMax          = 90 * time.Second
	// resumeWithin is where a pause of the writes is a fault and not a slow machine.
	// What is promised is reported beside what was measured.
	resumeWithin  = 15 * time.Second
	resumePromise = 4 * time.Second
)

// runsFrom is how often a story repeats itself.
func runsFrom(t *testing.T, env string, runs int) int {
	if text := os.Getenv(env); text != "" {
		var err error
		if runs, err = strconv.Atoi(text); err != nil || runs < 1 {
			t.Fatalf("%s=%s: want a number from 1", env, text)
		}
	}
	return runs
}

// TestKilledLeader kills the node that leads most shards while every shard is being
// written, again and again: the others must know everything and take the writes over,
// and nothing that was acknowledged may be lost.
func TestKilledLeader(t *testing.T) {
	runs := runsFrom(t, killRunsEnv, killRunsDefault)
	s := newSiteFor(t, testMax+time.Duration(runs)*runMax)
	nodes := s.trio()
	story := &killStory{site: s, nodes: nodes, known: s.load(nodes[0]), registers: s.registers(nodes[0])}
	for run := range runs {
		story.run(run + 1)
	}
	var written uint64
	for _, number := range story.acknowledged() {
		written += number
	}
	slices.Sort(story.pauses)
	t.Logf("kill runs %d, acknowledged writes %d, lost %d, longest pause median %v max %v (promised %v)",
		runs, written, story.lost, story.pauses[runs/2], story.pauses[runs-1], resumePromise)
	story.control()
}

// killStory is one cluster over all runs.
type killStory struct {
	*site
	registers
	nodes  []*member
	known  *sample
	pauses []time.Duration
	lost   int
}

func (k *killStory) run(number int) {
	k.Helper()
	k.reset()
	stop := k.writers(k.registers, k.nodes...)
	k.flow("writes flow")
	victim := k.leader()
	others := slices.DeleteFunc(slices.Clone(k.nodes), func(n *member) bool { return n == victim })
	victim.kill()
	took := k.flow("writes resume in every shard")
	pause := k.longest()
	for _, n := range others {
		k.known.foundThrough(n)
	}
	victim.start()
	back := k.ready(victim)
	k.flow("writes go on with the node that came back")
	if err := stop(); err != nil {
		k.Fatalf("run %d: a write was refused: %v", number, err)
	}
	k.known.foundThrough(victim)
	lost, differ := judge(k.acknowledged(), k.reads())
	for _, line := range slices.Concat(lost, differ) {
		k.Errorf("run %d: %s", number, line)
	}
	k.lost += len(lost)
	k.pauses = append(k.pauses, k.longest())
	k.Logf("run %d: killed %s; every shard written again after %v; longest pause %v, with the restart %v; ready again after %v; lost %d",
		number, victim.name, round(took), round(pause), round(k.longest()), round(back), len(lost))
}

// flow waits until every register took a write that was begun after this call.
func (k *killStory) flow(what string) time.Duration {
	k.Helper()
	start := time.Now()
	return k.until(resumeWithin, what, func() error { return k.sentSince(start) })
}

// leader returns the node that leads most shards, when every shard has a leader.
func (k *killStory) leader() *member {
	k.Helper()
	var best roster.Member
	k.until(readyWithin, "every shard has a leader", func() error {
		members, err := k.client(k.nodes...).Members(k.soon())
		led := 0
		best = roster.Member{}
		for _, m := range members {
			led += len(m.LeaderOf)
			if len(m.LeaderOf) > len(best.LeaderOf) {
				best = m
			}
		}
		if err == nil && led != roster.ShardsDefault+1 {
			err = fmt.Errorf("%d shards have one", led)
		}
		return err
	})
	for _, n := range k.nodes {
		if n.name == best.Name {
			return n
		}
	}
	k.Fatalf("%s leads, and is none of ours", best.ID)
	return nil
}

// reads reads every register through every node.
func (k *killStory) reads() map[string]map[roster.AgentID]uint64 {
	k.Helper()
	all := make(map[string]map[roster.AgentID]uint64)
	for _, n := range k.nodes {
		all[n.name] = k.readThrough(k.site, n)
	}
	return all
}

// control claims a write that never was: a judge that does not see it lost sees
// nothing.
func (k *killStory) control() {
	k.Helper()
	claimed := k.acknowledged()
	claimed[k.registers[0].id]++
	if lost, _ := judge(claimed, k.reads()); len(lost) != len(k.nodes) {
		k.Errorf("the judge found %d lost writes where %d nodes miss one", len(lost), len(k.nodes))
	}
}

// TestJudge shows what the judge of the kill runs sees.
func TestJudge(t *testing.T) {
	acknowledged := map[roster.AgentID]uint64{"a/1": 7, "a/2": 3}
	good := map[string]map[roster.AgentID]uint64{"x": {"a/1": 7, "a/2": 4}, "y": {"a/1": 7, "a/2": 4}}
	for name, test := range map[string]struct {
		spoil        func(y map[roster.AgentID]uint64)
		lost, differ int
	}{
		"all there":   {func(map[roster.AgentID]uint64) {}, 0, 0},
		"one behind":  {func(y map[roster.AgentID]uint64) { y["a/1"] = 6 }, 1, 1},
		"one missing": {func(y map[roster.AgentID]uint64) { delete(y, "a/1") }, 1, 1},
		"one ahead":   {func(y map[roster.AgentID]uint64) { y["a/2"] = 5 }, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			y := maps.Clone(good["y"])
			test.spoil(y)
			lost, differ := judge(acknowledged, map[string]map[roster.AgentID]uint64{"x": good["x"], "y": y})
			if len(lost) != test.lost || len(differ) != test.differ {
				t.Errorf("lost %q, differ %q; want %d and %d", lost, differ, test.lost, test.differ)
			}
		})
	}
}

func round(d time.Duration) time.Duration { return d.Round(time.Millisecond) }
