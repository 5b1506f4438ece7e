package figures_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"roster"
	"roster/node"
)

const (
	// population is how many agents the look-ups find, the memory holds and the
	// restart brings back.
	population = 100_000
	// audience is how many the look-ups over HTTP find: enough that no cache holds
	// them all, and three replicas take a tenth of the time to fill.
	audience = 10_000
)

// sample returns the i-th agent: about 250 bytes of text.
func sample(i int) roster.Agent {
	return roster.Agent{
		ID: agentID("load", i),
		Capabilities: []roster.Capability{
			{Name: fmt.Sprintf("skill-%03d", i%500), Version: "1.2", Attributes: roster.Map{{Key: "lang", Value: "de"}}},
			{Name: "summarise", Version: "2.0"},
		},
		Labels:      roster.Map{{Key: "region", Value: fmt.Sprintf("eu-%d", i%7)}, {Key: "tier", Value: "gold"}},
		Endpoints:   []roster.Endpoint{{Name: "http", URL: fmt.Sprintf("http://10.%d.%d.%d:8080/v1/act", i>>16&255, i>>8&255, i&255)}},
		Description: "Reads what others wrote and says in two sentences what it was about",
		Metadata:    roster.Map{{Key: "owner", Value: "team-of-the-north"}, {Key: "repository", Value: "https://git.example/agents/load"}},
	}.Canonical()
}

func agentID(namespace string, i int) roster.AgentID {
	return roster.AgentID(fmt.Sprintf("%s/agent-%07d", namespace, i))
}

// ids returns the ids of n agents in an order that no cache can guess.
func ids(n int) []roster.AgentID {
	out := make([]roster.AgentID, n)
	for i, at := range rand.New(rand.NewPCG(1, 2)).Perm(n) {
		out[at] = agentID("load", i)
	}
	return out
}

// fill registers the first agents through n in full batches.
func fill(b *testing.B, n *node.Node, agents int) {
	b.Helper()
	const size = roster.BatchMax
	spread(b, 4, agents/size, func(_, batch int) error {
		items := make([]roster.Register, size)
		for i := range items {
			items[i] = roster.Register{Agent: sample(batch*size + i), Mode: roster.ModePut}
		}
		results, _, err := n.RegisterBatch(context.Background(), items)
		for _, r := range results {
			if r.Err != nil {
				err = r.Err
			}
		}
		return err
	})
}

// spread does n things with so many workers, each one thing after the other, and
// fails with the first error.
func spread(b *testing.B, workers, n int, do func(worker, i int) error) {
	b.Helper()
	var next atomic.Int64
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				if err := do(w, i); err != nil {
					next.Store(int64(n))
					b.Errorf("operation %d: %v", i, err)
					return
				}
			}
		})
	}
	all.Wait()
	if b.Failed() {
		b.FailNow()
	}
}
