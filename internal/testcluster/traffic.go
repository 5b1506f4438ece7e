package testcluster

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"roster"
	"roster/node"
)

// Traffic is clients at work on registers while faults happen.
type Traffic struct {
	History *History

	cluster *Cluster
	stop    context.CancelFunc
	all     sync.WaitGroup
	mu      struct {
		sync.Mutex
		last time.Time     // when a write was last acknowledged
		gap  time.Duration // longest pause between acknowledged writes
	}
}

// Registers is over how many agents the clients spread, so that histories stay
// short enough to check.
const Registers = 10

// clientPause lies between two operations of a client.
const clientPause = 25 * time.Millisecond

// StartTraffic starts clients that write and read registers through random running
// nodes until Stop.
func (c *Cluster) StartTraffic(clients int) *Traffic {
	ctx, stop := context.WithCancel(context.Background())
	t := &Traffic{History: NewHistory(), cluster: c, stop: stop}
	t.mu.last = time.Now()
	for i := range clients {
		random := rand.New(rand.NewPCG(c.options.Seed, uint64(i)))
		t.all.Go(func() { t.run(ctx, i, random) })
	}
	c.traffic = append(c.traffic, t)
	return t
}

func (t *Traffic) run(ctx context.Context, client int, random *rand.Rand) {
	for n := 1; ctx.Err() == nil; n++ {
		after(clientPause)
		s := t.cluster.anyNode(random)
		if s == nil {
			continue // none is up, or killed just now
		}
		id := roster.AgentID(fmt.Sprintf("load/r%d", random.IntN(Registers)))
		if random.IntN(2) == 0 {
			if t.History.Put(ctx, s, id, fmt.Sprintf("%d.%d", client, n)) == nil {
				t.acknowledged()
			}
		} else {
			t.History.Get(ctx, s, id) //nolint:errcheck // the history keeps it
		}
	}
}

// anyNode draws one of the running nodes; nil if there is none.
func (c *Cluster) anyNode(random *rand.Rand) *node.Node {
	up := c.Running()
	if len(up) == 0 {
		return nil
	}
	return c.Node(up[random.IntN(len(up))])
}

func (t *Traffic) acknowledged() {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	t.mu.gap = max(t.mu.gap, now.Sub(t.mu.last))
	t.mu.last = now
}

// Gap returns the longest pause between two acknowledged writes so far.
func (t *Traffic) Gap() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.mu.gap
}

// Stop ends the clients and waits for them. Stopping twice is harmless.
func (t *Traffic) Stop() {
	t.stop()
	t.all.Wait()
}

// StopAndCheck ends the clients and fails the test unless enough was answered and
// the history is linearizable.
func (t *Traffic) StopAndCheck(answersMin int) {
	t.cluster.Helper()
	t.Stop()
	if n := t.History.Certain(); n < answersMin {
		t.cluster.Errorf("only %d operations were answered: less than %d prove nothing", n, answersMin)
	}
	if err := t.History.Check(); err != nil {
		t.cluster.Error(err)
	}
}
