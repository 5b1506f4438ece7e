package testcluster_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"roster"
	"roster/agentpool"
	"roster/fleet"
	"roster/internal/testcluster"
	"roster/mailbox"
	"roster/node"
	"roster/node/fleets"
	"roster/placement"
	"roster/scaling"
)

// echoes lets a node run the entries that every program has.
func echoes(_ *testing.T, config *node.Config) {
	config.Agents = fleets.Agents{Drivers: []agentpool.Driver{agentpool.NewInproc(agentpool.Entries())}, Room: placement.Resources{CPU: 64000}, Busy: func() int64 { return 0 }}
}

const echoWork = 50 * time.Millisecond

func echo(count int, p scaling.Policy) fleet.Fleet {
	return fleet.Fleet{ID: "demo/echo", Count: count, Scaling: p, Spec: fleet.Spec{Driver: fleet.Inproc, Entry: "echo", Env: roster.Map{{Key: "WORK", Value: echoWork.String()}}}}
}

// state is the fleet as a node sees it that has all that was acknowledged.
func state(c *testcluster.Cluster, at int) fleet.State {
	c.Helper()
	s, _, err := c.Node(at).Fleet(context.Background(), "demo/echo", roster.Read{Level: roster.ReadLinearizable})
	must(c.T, err)
	return s
}

// follower writes down how many members are wanted, one after the other.
type follower struct {
	counts []int
	story  []string
}

func (f *follower) look(s fleet.State) {
	if n := len(f.counts); n == 0 || f.counts[n-1] != s.Count {
		f.counts = append(f.counts, s.Count)
		f.story = append(f.story, fmt.Sprintf("%v %s", s.Scaled.At.Time().Format("15:04:05.000"), s.Scaled.Reason))
	}
}

// gone is how many members were taken away.
func (f *follower) gone() (n int) {
	for i := 1; i < len(f.counts); i++ {
		n += max(0, f.counts[i-1]-f.counts[i])
	}
	return n
}

// turns is how often the direction changes.
func (f *follower) turns() (n int) {
	for i := 2; i < len(f.counts); i++ {
		if (f.counts[i] > f.counts[i-1]) != (f.counts[i-1] > f.counts[i-2]) {
			n++
		}
	}
	return n
}

// load sends messages, load members' worth of work, to members that run, for so long.
type load struct {
	sync.WaitGroup
	rand *rand.Rand
	mu   sync.Mutex
	lost []error
}

func (l *load) run(c *testcluster.Cluster, f *follower, members float64, d time.Duration) {
	pause := time.Duration(float64(echoWork) / members)
	for end := time.Now().Add(d); time.Now().Before(end); {
		s := state(c, 1)
		f.look(s)
		to := s.ID.Member(l.rand.IntN(max(1, s.Members[roster.StatusRunning])))
		at := c.Node(l.rand.IntN(c.Size()))
		l.Go(func() {
			if _, err := at.Send(c.Over(), mailbox.Message{To: to, Body: []byte(`1`)}, 10*time.Second); err != nil {
				l.mu.Lock()
				defer l.mu.Unlock()
				l.lost = append(l.lost, err)
			}
		})
		<-time.After(pause/2 + time.Duration(l.rand.Int64N(int64(pause))))
	}
}

// TestFleetFollowsItsLoad: a step of the load has a fleet grow to where it is aimed at, and
// one back has it shrink, each with at most two changes of direction. No message goes without
// an answer but, at most, one for each member that is taken away: it came in that moment.
func TestFleetFollowsItsLoad(t *testing.T) {
	testcluster.Run(t, testcluster.Options{Seed: 7, Configure: echoes}, func(c *testcluster.Cluster) {
		down := 5 * time.Second
		do(c, 0, fleet.Set{Fleet: echo(4, scaling.Policy{Min: 1, Max: 20, Busy: 70, Down: roster.Duration(down)})})
		l, f := &load{rand: rand.New(rand.NewPCG(1, 1))}, &follower{}
		l.run(c, &follower{}, 2, 3*down)
		if n := state(c, 0).Count; n < 3 || n > 6 {
			t.Errorf("%d members for a load of 2", n)
		}
		start := time.Now()
		l.run(c, f, 9.5, 2*time.Second)
		grown := state(c, 0)
		if grown.Count < 10 || f.turns() > 2 {
			t.Errorf("%d members for a load of 9.5, %v: %s", grown.Count, f.counts, strings.Join(f.story, "\n"))
		}
		l.run(c, f, 9.5, 2*down)
		l.run(c, f, 1.5, 4*down)
		l.Wait()
		if n := state(c, 0); n.Count > 4 || f.turns() > 4 {
			t.Errorf("%d members for a load of 1.5, %v: %s", n.Count, f.counts, strings.Join(f.story, "\n"))
		}
		t.Logf("from %v on: %v\n%s", start.Format("15:04:05.000"), f.counts, strings.Join(f.story, "\n"))
		if len(l.lost) > f.gone() {
			t.Errorf("%d messages are not answered: %v", len(l.lost), errors.Join(l.lost[:min(3, len(l.lost))]...))
		}
	})
}

// TestFleetSleepsAndWakes: a fleet with nothing to do is without members, and the first
// message for one brings it back, once however many there are, and is answered. Who has no
// such policy is not woken.
func TestFleetSleepsAndWakes(t *testing.T) {
	var log lines
	o := testcluster.Options{Seed: 8, Configure: echoes, Log: slog.NewTextHandler(&log, nil)}
	testcluster.Run(t, o, func(c *testcluster.Cluster) {
		ctx := context.Background()
		asleep := func() {
			c.Helper()
			c.Await("it sleeps", func() error {
				if s := state(c, 2); s.Count != 0 || len(s.Members) > 0 {
					return fmt.Errorf("%d, %v", s.Count, s.Members)
				}
				return nil
			})
		}
		other := echo(0, scaling.Policy{})
		other.ID = "demo/other"
		do(c, 0, fleet.Set{Fleet: other})
		do(c, 0, fleet.Set{Fleet: echo(2, scaling.Policy{Max: 5, Queue: 5, Idle: roster.Duration(20 * time.Second)})})
		for round := range 2 {
			asleep()
			if s := state(c, 0); s.Scaled.Reason != "nothing to do for 20s: 0" {
				t.Errorf("%+v", s.Scaled)
			}
			var all sync.WaitGroup
			for i := range 30 {
				all.Go(func() {
					r, err := c.Node(i%3).Send(ctx, mailbox.Message{To: "demo/echo~0", Body: []byte(`"hello"`)}, 5*time.Second)
					if err != nil || string(r.Answer) != `"hello"` {
						t.Errorf("%d: %s, %v", i, r.Answer, err)
					}
				})
			}
			all.Wait()
			if n := log.count("a fleet is woken"); n < 1+round || n > 3*(1+round) {
				t.Errorf("woken %d times after %d floods", n, 1+round)
			}
		}
		asleep()
		if _, err := c.Node(1).Send(ctx, mailbox.Message{To: "demo/echo~3"}, 0); roster.CodeOf(err) != roster.CodeNotFound && roster.CodeOf(err) != roster.CodeRefused {
			t.Errorf("the fourth member: %v", err)
		}
		if s := state(c, 1); s.Scaled.Reason != "a message for demo/echo~3: 1" {
			t.Errorf("%+v", s.Scaled)
		}
		for _, to := range []roster.AgentID{"demo/other~0", "demo/none~0", "demo/none"} {
			if _, err := c.Node(1).Send(ctx, mailbox.Message{To: to}, 0); roster.CodeOf(err) != roster.CodeNotFound {
				t.Errorf("%s: %v", to, err)
			}
		}
		if s, _, err := c.Node(1).Fleet(ctx, "demo/other", roster.Read{Level: roster.ReadLinearizable}); err != nil || s.Count != 0 {
			t.Errorf("%d, %v", s.Count, err)
		}
	})
}

// lines are those of a log.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) count(what string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), what)
}
