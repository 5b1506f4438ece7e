package figures_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"roster"
	"roster/agentpool"
	"roster/fleet"
	"roster/mailbox"
	"roster/node"
	"roster/node/fleets"
	"roster/placement"
)

// crew opens three nodes on which so many agents run, by a function of this process.
func crew(b *testing.B, d roster.Durability, agents int, run agentpool.Func) []*node.Node {
	b.Helper()
	nodes := threeOf(b, node.Config{Durability: d, Agents: fleets.Agents{Room: placement.Resources{CPU: 64000}, Busy: func() int64 { return 0 },
		Drivers: []agentpool.Driver{agentpool.NewInproc(map[string]agentpool.Func{"run": run})}}})
	await(b, func() error {
		_, _, err := nodes[0].Do(context.Background(), fleet.Set{Fleet: fleet.Fleet{ID: "figures/crew", Count: agents, Spec: fleet.Spec{Driver: fleet.Inproc, Entry: "run"}}})
		return err
	})
	for _, n := range nodes {
		await(b, func() error {
			s, _, err := n.Fleet(context.Background(), "figures/crew", roster.Read{})
			if err == nil && s.Members[roster.StatusRunning] < agents {
				err = fmt.Errorf("%v run", s.Members)
			}
			return err
		})
	}
	return nodes
}

// answers is an agent that answers every message at once.
func answers(ctx context.Context, self agentpool.Self) error {
	self.Ready()
	for {
		m, err := self.Mail.Receive(ctx)
		if err != nil {
			return nil //nolint:nilerr // it is stopped
		}
		if m.ReplyTo != "" {
			_ = self.Mail.Reply(ctx, m, m.Body, "") // who asked may have gone
		}
	}
}

// BenchmarkMessages measures a message to an agent on another node and its answer: one
// sender at a time, and 64 who share the connections between three nodes. bare is a round
// trip of as many bytes over one TCP connection of loopback, in the same run.
func BenchmarkMessages(b *testing.B) {
	const agents = 30
	nodes := crew(b, roster.DurabilityNone, agents, answers)
	far := make([][]roster.AgentID, len(nodes)) // agents that are elsewhere
	for i, n := range nodes {
		for m := range agents {
			id := fleet.ID("figures/crew").Member(m)
			r, _, err := n.Lookup(context.Background(), id, roster.Read{})
			if err != nil {
				b.Fatal(err)
			}
			if r.Node != n.ID() {
				far[i] = append(far[i], id)
			}
		}
	}
	body := fmt.Appendf(nil, "%q", strings.Repeat("x", 32))
	send := func(b *testing.B, i int) {
		at := i % len(nodes)
		to := far[at][i/len(nodes)%len(far[at])]
		if r, err := nodes[at].Send(context.Background(), mailbox.Message{To: to, Body: body}, 5*time.Second); err != nil || len(r.Answer) != len(body) {
			b.Errorf("%s: %s, %v", to, r.Answer, err)
		}
	}
	b.Run("senders=1", func(b *testing.B) {
		took := make([]time.Duration, b.N)
		for i := range took {
			start := time.Now()
			send(b, i)
			took[i] = time.Since(start)
		}
		slices.Sort(took)
		b.ReportMetric(milliseconds(percentile(took, 50)), "p50-ms")
		b.ReportMetric(milliseconds(percentile(took, 99)), "p99-ms")
		b.ReportMetric(milliseconds(bare(b, len(body)+300)), "bare-p50-ms")
	})
	b.Run("senders=64", func(b *testing.B) {
		start := time.Now()
		var next atomic.Int64
		var all sync.WaitGroup
		for range 64 {
			all.Go(func() {
				for i := int(next.Add(1)); i <= b.N; i = int(next.Add(1)) {
					send(b, i)
				}
			})
		}
		all.Wait()
		b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "answered/s")
	})
}

// bare is the median of round trips over loopback.
func bare(b *testing.B, bytes int) time.Duration {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer listener.Close()
	go func() {
		if c, err := listener.Accept(); err == nil {
			_, _ = io.Copy(c, c) // until the caller closes
			_ = c.Close()
		}
	}()
	c, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	buffer, took := make([]byte, bytes), make([]time.Duration, 1000)
	for i := range took {
		start := time.Now()
		if _, err := c.Write(buffer); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(c, buffer); err != nil {
			b.Fatal(err)
		}
		took[i] = time.Since(start)
	}
	slices.Sort(took)
	return percentile(took, 50)
}

// BenchmarkEfficiency measures how much of what is ideal so many agents do, each step of
// which takes a message from the mailbox, waits 40 ms for something outside (work=40ms), and
// commits a result through the registry. work=0s is the control: what a step costs without
// the wait.
func BenchmarkEfficiency(b *testing.B) {
	for _, work := range []time.Duration{40 * time.Millisecond, 0} {
		for _, agents := range []int{1, 10, 30, 50, 1000} {
			b.Run(fmt.Sprintf("work=%v/agents=%d", work, agents), func(b *testing.B) { efficiency(b, agents, work) })
		}
	}
}

// steps is how many an agent does.
const steps = 25

func efficiency(b *testing.B, agents int, work time.Duration) {
	var nodes []*node.Node
	ready := make(chan struct{})
	var done sync.WaitGroup
	nodes = crew(b, roster.DurabilitySync, agents, func(ctx context.Context, self agentpool.Self) error {
		self.Ready()
		for {
			m, err := self.Mail.Receive(ctx)
			if err != nil {
				return nil //nolint:nilerr // it is stopped
			}
			<-ready
			timer := time.NewTimer(work)
			<-timer.C
			_, _, err = nodes[int(self.Epoch)%len(nodes)].Register(ctx, roster.Register{Mode: roster.ModePut,
				Agent: roster.Agent{ID: roster.AgentID("results/of-" + string(self.ID)[len("figures/crew~"):]), Metadata: roster.Map{{Key: "result", Value: m.ID}}}})
			if err != nil && ctx.Err() == nil {
				b.Errorf("%s: %v", self.ID, err)
			}
			done.Done()
		}
	})
	b.StopTimer()
	for range b.N {
		gate := make(chan struct{})
		ready = gate
		done.Add(agents * steps)
		spread(b, 16, agents, func(_, i int) error {
			for range steps {
				if _, err := nodes[i%len(nodes)].Send(context.Background(), mailbox.Message{To: fleet.ID("figures/crew").Member(i)}, 0); err != nil {
					return err
				}
			}
			return nil
		})
		b.StartTimer()
		start := time.Now()
		close(gate)
		done.Wait()
		took := time.Since(start)
		b.StopTimer()
		b.ReportMetric(float64(agents*steps)/took.Seconds(), "steps/s")
		if work > 0 {
			b.ReportMetric(100*float64(steps*work)/float64(took), "%ideal")
		}
	}
}
