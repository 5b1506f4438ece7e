package testcluster_test

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"roster"
	"roster/acting"
	"roster/agentpool"
	"roster/fleet"
	"roster/internal/simnet"
	"roster/internal/testcluster"
	"roster/node"
	"roster/node/fleets"
	"roster/placement"
)

// outside is an endpoint on a host that runs no node.
type outside struct {
	url   string
	dead  atomic.Bool
	asked atomic.Int64
	stop  func()
}

func newOutside(t *testing.T, host *simnet.Host) *outside {
	listener, packets, err := host.Listen(context.Background(), ":80")
	must(t, err)
	packets.Close()
	o := &outside{url: "http://" + host.IP()}
	web := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		o.asked.Add(1)
		if o.dead.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})}
	served := make(chan error, 1)
	go func() { served <- web.Serve(listener) }()
	o.stop = func() {
		web.Close()
		<-served
	}
	return o
}

// probing lets a node watch agents that run themselves, over its simulated network.
func probing(_ *testing.T, config *node.Config) {
	dial := config.Network.Dial
	config.Agents = fleets.Agents{Drivers: []agentpool.Driver{&agentpool.Remote{}}, Dial: dial,
		Room: placement.Resources{CPU: 64000}, Busy: func() int64 { return 0 }}
}

// found returns how many agents a node finds that can do what the crew can.
func found(c *testcluster.Cluster, at int) int {
	page, err := c.Node(at).Find(context.Background(), roster.Query{Capabilities: []string{"wait"}})
	if err != nil {
		c.Fatal(err)
	}
	return len(page.Agents)
}

// commands returns how many commands all shards of agents have taken.
func commands(c *testcluster.Cluster) (sum roster.Index) {
	shards, err := c.Node(0).Shards(context.Background())
	if err != nil {
		c.Fatal(err)
	}
	for _, s := range shards {
		if s.ID != roster.SystemShard {
			sum += s.Index
		}
	}
	return sum
}

// TestDeadEndpointIsNotFound: an agent that runs itself is found no more within three
// intervals of the death of its endpoint, and again when it is back. While nothing changes
// nothing is written, however much is probed. The verdict on an old activation is refused.
func TestDeadEndpointIsNotFound(t *testing.T) {
	const size, every = 6, time.Second
	testcluster.Run(t, testcluster.Options{Seed: 7, Configure: probing}, func(c *testcluster.Cluster) {
		o := newOutside(t, c.Net.Host(100))
		defer o.stop()
		f := fleet.Fleet{ID: "demo/crew", Count: size, Spec: fleet.Spec{Driver: fleet.Remote, Capabilities: []roster.Capability{{Name: "wait"}},
			Endpoints: []roster.Endpoint{{URL: o.url}}, Probe: fleet.Probe{Kind: fleet.ProbeHTTP, Path: "/healthz", Every: roster.Duration(every)}}}
		do(c, 0, fleet.Set{Fleet: f})
		c.Await("all are found", func() error {
			if n := found(c, 1); n != size {
				return fmt.Errorf("%d of %d", n, size)
			}
			return nil
		})
		<-time.After(time.Second)
		changed := changes(c)
		asked, before := o.asked.Load(), commands(c)
		<-time.After(time.Minute)
		if n := commands(c) - before; n > 40 { // ticks, one every two seconds
			t.Errorf("%d commands while nothing changes", n)
		}
		if n := changed.Load(); n != 0 {
			t.Errorf("%d changes while nothing changes", n)
		}
		if n := o.asked.Load() - asked; n < 55*size || n > 61*size {
			t.Errorf("%d probes of %d members in a minute, every %v", n, size, every)
		}

		o.dead.Store(true)
		died := time.Now()
		c.Await("none is found", func() error {
			if n := found(c, 1); n > 0 {
				return fmt.Errorf("%d are", n)
			}
			return nil
		})
		if took := time.Since(died); took > 3*every {
			t.Errorf("found for %v after the endpoint died", took)
		} else {
			t.Logf("found for %v after the endpoint died", took)
		}
		r, _, err := c.Node(1).Lookup(context.Background(), "demo/crew~3", roster.Read{})
		must(t, err)
		t.Log(r.Health.Reason)
		if r.Status != roster.StatusRunning || r.Health.State != roster.Critical {
			t.Errorf("%+v", r)
		}
		<-time.After(time.Minute)
		if n := changed.Load(); n != 2*size {
			t.Errorf("%d changes of %d members that became warning, then critical", n, size)
		}
		o.dead.Store(false)
		back := time.Now()
		c.Await("all are found again", func() error {
			if n := found(c, 1); n != size {
				return fmt.Errorf("%d of %d", n, size)
			}
			return nil
		})
		if took := time.Since(back); took > 2*every {
			t.Errorf("found again after %v", took)
		}
		<-time.After(5 * every)
		if n := changed.Load(); n != 4*size {
			t.Errorf("%d changes of %d members that died and came back", n, size)
		}
		oldVerdict(c, r)
		actsAsMember(c, "demo/crew~0")
	})
}

// changes counts, until the scenario is over, how often what is said of the crew has changed.
func changes(c *testcluster.Cluster) *atomic.Int64 {
	var n atomic.Int64
	synced := make(chan struct{})
	go func() {
		q := roster.Query{Capabilities: []string{"wait"}, AnyHealth: true, Initial: true}
		for e, err := range c.Node(2).Watch(c.Over(), q, "") {
			switch {
			case err != nil:
				return
			case e.Type == roster.EventSynced:
				n.Store(0)
				close(synced)
			default:
				n.Add(1)
			}
		}
	}()
	<-synced
	return &n
}

// oldVerdict moves a member to a new activation, and judges it in the name of the one before.
func oldVerdict(c *testcluster.Cluster, r *roster.Record) {
	c.Helper()
	do(c, 0, fleet.Recall{Agent: r.ID})
	var now *roster.Record
	c.Await("it runs anew", func() (err error) {
		now, _, err = c.Node(0).Lookup(context.Background(), r.ID, roster.Read{})
		if err == nil && (now.Epoch == r.Epoch || now.Status != roster.StatusRunning) {
			err = fmt.Errorf("%s under epoch %d", now.Status, now.Epoch)
		}
		return err
	})
	verdict := roster.SetHealth{ID: r.ID, Health: roster.Health{State: roster.Critical, Reason: "late"}}
	_, _, err := c.Node(0).Do(acting.As(context.Background(), roster.Actor{Agent: r.ID, Epoch: r.Epoch}), verdict)
	if roster.CodeOf(err) != roster.CodeConflict {
		c.Errorf("the verdict on an old activation: %v", err)
	}
	_, _, err = c.Node(0).Do(acting.As(context.Background(), roster.Actor{Agent: r.ID, Epoch: now.Epoch}), verdict)
	if err != nil {
		c.Errorf("the verdict on the present activation: %v", err)
	}
}

// actsAsMember wants the node to have judged a member in its name: of who acted its shard
// remembers that it is gone, and refuses its epoch; of others it knows nothing.
func actsAsMember(c *testcluster.Cluster, id roster.AgentID) {
	c.Helper()
	r, _, err := c.Node(0).Lookup(context.Background(), id, roster.Read{})
	if err != nil {
		c.Fatal(err)
	}
	do(c, 0, fleet.Drop{ID: "demo/crew"})
	c.Await("gone", func() error {
		if _, _, err := c.Node(0).Lookup(context.Background(), id, roster.Read{}); roster.CodeOf(err) != roster.CodeNotFound {
			return fmt.Errorf("it is there: %w", err)
		}
		return nil
	})
	verdict := roster.SetHealth{ID: id, Health: roster.Health{State: roster.Critical, Reason: "late"}}
	_, _, err = c.Node(0).Do(acting.As(context.Background(), roster.Actor{Agent: id, Epoch: r.Epoch}), verdict)
	if roster.CodeOf(err) != roster.CodeConflict {
		c.Errorf("the verdict on an activation that is gone: %v", err)
	}
}
