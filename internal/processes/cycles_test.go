package processes

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"roster"
)

const (
	cycleRunsEnv  = "ROSTER_CYCLE_RUNS"
	cycleMax      = 4 * time.Minute // one cycle
	settledWithin = time.Minute     // promised of every shard after a change
	quietFor      = 5 * time.Second // of writes before the first change
	votersWanted  = 3
)

// TestGrowAndShrink takes three nodes to five and back to three, and drains one of the
// first three meanwhile, under writes and reads: no caller sees an error, nothing is lost,
// and every shard has three voters again within a minute of each change.
func TestGrowAndShrink(t *testing.T) {
	runs := runsFrom(t, cycleRunsEnv, 1)
	s := newSiteFor(t, testMax+time.Duration(runs)*cycleMax)
	nodes := s.trio()
	c := &cycles{killStory: &killStory{site: s, nodes: nodes, known: s.load(nodes[0]), registers: s.registers(nodes[0])}}
	stop, read := s.writers(c.registers, nodes...), s.readers(c.registers, nodes...)
	c.flow("writes flow")
	c.took()
	<-time.After(quietFor) // a span of load, not a wait for something
	quiet := percentile(c.took(), 99)
	for run := range runs {
		c.cycle(run)
	}
	if err := stop(); err != nil {
		t.Errorf("a write failed: %v", err)
	}
	reads, err := read()
	if err != nil {
		t.Errorf("a look-up failed: %v", err)
	}
	lost, differ := judge(c.acknowledged(), c.reads())
	for _, line := range slices.Concat(lost, differ) {
		t.Error(line)
	}
	slices.Sort(c.settled)
	t.Logf("cycles %d, writes %d, look-ups %d, lost %d; put p99 quiet %v, in cycles %v; settled after a change: median %v max %v",
		runs, len(c.all), reads, len(lost), round(quiet), round(percentile(c.all, 99)), round(c.settled[len(c.settled)/2]), round(c.settled[len(c.settled)-1]))
	c.control()
}

// cycles is one cluster over all cycles.
type cycles struct {
	*killStory
	settled []time.Duration // from a change to three voters everywhere
	all     []time.Duration // what writes took
}

func (c *cycles) cycle(run int) {
	c.Helper()
	var guests []*member
	began := time.Now()
	for i := range 2 {
		guest := c.member(fmt.Sprintf("guest%d-%d", run+1, i+1))
		guest.join = []string{c.nodes[run%3].bind}
		guest.start()
		guests = append(guests, guest)
	}
	c.ready(guests...)
	c.settle("five nodes vote", began, append(guests, c.nodes...), nil)
	away := c.nodes[run%3]
	began = time.Now()
	c.move(away, "drain")
	c.settle("four nodes vote", began, append(slices.Clone(guests), c.nodes...), away)
	c.move(away, "undrain")
	began = time.Now()
	for _, guest := range guests {
		if _, stderr, status := c.site.run("leave", "--addr", guest.http, "--timeout", "60s"); status != 0 {
			c.Fatalf("leave of %s exits with %d: %s", guest.name, status, stderr)
		}
		c.ends(guest.process, stopWithin)
	}
	c.settle("three nodes vote", began, c.nodes, nil)
	took := c.took()
	c.all = append(c.all, took...)
	c.Logf("cycle %d: put p50 %v p99 %v max %v of %d; settled after %v", run+1,
		round(percentile(took, 50)), round(percentile(took, 99)), round(percentile(took, 100)), len(took), c.settled[len(c.settled)-3:])
}

func (c *cycles) move(n *member, verb string) {
	c.Helper()
	if _, stderr, status := c.site.run("nodes", verb, n.name, "--addr", c.nodes[0].http); status != 0 {
		c.Fatalf("%s of %s exits with %d: %s", verb, n.name, status, stderr)
	}
}

// settle waits until each shard has three voters and each node votes, all but away, and
// notes how long that took since a change began.
func (c *cycles) settle(what string, began time.Time, nodes []*member, away *member) {
	c.Helper()
	c.until(settledWithin, what, func() error {
		members, err := c.client(c.nodes...).Members(c.soon())
		if err != nil {
			return err
		}
		return settled(members, nodes, away)
	})
	c.settled = append(c.settled, time.Since(began))
}

func settled(members []roster.Member, nodes []*member, away *member) error {
	votes := 0
	for _, n := range nodes {
		i := slices.IndexFunc(members, func(m roster.Member) bool { return m.Name == n.name && m.State == roster.NodeAlive })
		if i < 0 {
			return fmt.Errorf("%s is not seen", n.name)
		}
		if voting := len(members[i].VoterOf); (voting == 0) != (n == away) {
			return fmt.Errorf("%s votes in %d shards", n.name, voting)
		}
		votes += len(members[i].VoterOf)
	}
	if want := votersWanted * (roster.ShardsDefault + 1); votes != want {
		return fmt.Errorf("%d votes, want %d", votes, want)
	}
	return nil
}

// took returns, and forgets, how long the acknowledged writes took.
func (all registers) took() []time.Duration {
	var took []time.Duration
	for _, r := range all {
		took = append(took, r.forget()...)
	}
	slices.Sort(took)
	return took
}

// percentile of sorted or unsorted durations; 0 of none.
func percentile(took []time.Duration, p int) time.Duration {
	if len(took) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(took))
	return sorted[(len(sorted)-1)*p/100]
}
