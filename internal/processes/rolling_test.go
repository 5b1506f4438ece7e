package processes

import (
	"context"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"roster"
	"roster/client"
)

const (
	rollRunsEnv = "ROSTER_ROLL_RUNS"
	rollMax     = 2 * time.Minute // one round over all nodes
	lookEvery   = 5 * time.Millisecond
)

// TestRollingRestart stops and starts node after node in good order while every shard is
// written and read through all of them: the client's callers see no error, and nothing
// that was acknowledged is lost.
func TestRollingRestart(t *testing.T) {
	runs := runsFrom(t, rollRunsEnv, 1)
	s := newSiteFor(t, testMax+time.Duration(runs)*rollMax)
	nodes := s.trio()
	story := &killStory{site: s, nodes: nodes, known: s.load(nodes[0]), registers: s.registers(nodes[0])}
	stop, read := story.writers(story.registers, nodes...), s.readers(story.registers, nodes...)
	story.flow("writes flow")
	for range runs {
		for _, n := range nodes {
			story.roll(n)
		}
	}
	if err := stop(); err != nil {
		t.Errorf("a write failed: %v", err)
	}
	reads, err := read()
	if err != nil {
		t.Errorf("a look-up failed: %v", err)
	}
	lost, differ := judge(story.acknowledged(), story.reads())
	for _, line := range slices.Concat(lost, differ) {
		t.Error(line)
	}
	var written uint64
	for _, number := range story.acknowledged() {
		written += number
	}
	slices.Sort(story.pauses)
	t.Logf("restarts %d, writes %d, look-ups %d, lost %d, longest pause of a restart median %v max %v",
		len(story.pauses), written, reads, len(lost), round(story.pauses[len(story.pauses)/2]), round(story.pauses[len(story.pauses)-1]))
	story.control()
}

// roll restarts one node in good order.
func (k *killStory) roll(n *member) {
	k.Helper()
	k.reset()
	status, took := k.interrupt(n.process, syscall.SIGTERM)
	if status != 0 {
		k.Fatalf("%s exits with %d", n.name, status)
	}
	n.start()
	back := k.ready(n)
	k.flow("writes go on")
	k.pauses = append(k.pauses, k.longest())
	k.Logf("%s stopped in %v, ready again after %v, longest pause %v", n.name, round(took), round(back), round(k.longest()))
}

// readers look up every register through all nodes until stop is called, which returns
// how many look-ups there were and the first error.
func (s *site) readers(all registers, nodes ...*member) (stop func() (int, error)) {
	ctx, cancel := context.WithCancel(s.ctx)
	var group errgroup.Group
	counts := make([]int, len(nodes))
	for i := range nodes {
		c := s.client(append(slices.Clone(nodes[i:]), nodes[:i]...)...)
		group.Go(func() (err error) {
			counts[i], err = look(ctx, c, all)
			return err
		})
	}
	end := sync.OnceValues(func() (int, error) {
		cancel()
		err := group.Wait()
		sum := 0
		for _, n := range counts {
			sum += n
		}
		return sum, err
	})
	s.Cleanup(func() { _, _ = end() }) // the test has asked before, or failed
	return end
}

// look looks up one register after the other until ctx ends.
func look(ctx context.Context, c *client.Client, all registers) (n int, err error) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for ; ctx.Err() == nil; n++ {
		if _, _, err := c.Lookup(ctx, all[n%len(all)].id, roster.Read{}); err != nil && ctx.Err() == nil {
			return n, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
	return n, nil
}
