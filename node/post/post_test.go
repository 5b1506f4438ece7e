package post_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"roster"
	"roster/acting"
	"roster/agentpool"
	"roster/fleet"
	"roster/internal/testcluster"
	"roster/mailbox"
	"roster/node"
	"roster/node/fleets"
	"roster/placement"
)

// readers are agents that read their mail, and what they have read.
type readers struct {
	sync.Mutex
	read map[string][]roster.Epoch // by topic, who saw to it
	lazy bool                      // they read nothing
}

func newReaders() *readers { return &readers{read: map[string][]roster.Epoch{}} }

// run is an agent that notes each message and answers it with its own id.
func (r *readers) run(ctx context.Context, self agentpool.Self) error {
	self.Ready()
	if r.lazy {
		<-ctx.Done()
		return nil
	}
	for {
		m, err := self.Mail.Receive(ctx)
		if err != nil {
			return nil //nolint:nilerr // it is stopped
		}
		r.Lock()
		r.read[m.Topic] = append(r.read[m.Topic], self.Epoch)
		r.Unlock()
		if m.ReplyTo != "" {
			_ = self.Mail.Reply(ctx, m, json.RawMessage(fmt.Sprintf("%q", self.ID)), "") // who asked may have gone
		}
	}
}

func (r *readers) host(_ *testing.T, config *node.Config) {
	config.Agents = fleets.Agents{Drivers: []agentpool.Driver{agentpool.NewInproc(map[string]agentpool.Func{"read": r.run})},
		Room: placement.Resources{CPU: 64000}, Busy: func() int64 { return 0 }}
}

// fleetOf enters a fleet of readers and waits until all run.
func fleetOf(c *testcluster.Cluster, id fleet.ID, count int, limits mailbox.Limits) {
	c.Helper()
	do(c, fleet.Set{Fleet: fleet.Fleet{ID: id, Count: count, Spec: fleet.Spec{Driver: fleet.Inproc, Entry: "read", Mailbox: limits,
		Capabilities: []roster.Capability{{Name: "read"}}}}})
	c.Await("all run", func() error { return running(c, id, count) })
}

func do(c *testcluster.Cluster, command roster.Command) {
	c.Helper()
	c.Await(command.Kind().String(), func() error {
		_, _, err := c.Node(0).Do(context.Background(), command)
		return err
	})
}

func running(c *testcluster.Cluster, id fleet.ID, count int) error {
	for i := range 3 {
		state, _, err := c.Node(i).Fleet(context.Background(), id, roster.Read{})
		if err != nil || state.Members[roster.StatusRunning] != count || len(state.Members) > 1 {
			return fmt.Errorf("node %d: members %v, %w", i, state.Members, err)
		}
	}
	return nil
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestAnyNodeTakesMail: each node brings messages to agents on each, and their answers back.
func TestAnyNodeTakesMail(t *testing.T) {
	r := newReaders()
	testcluster.Run(t, testcluster.Options{Seed: 1, Configure: r.host}, func(c *testcluster.Cluster) {
		fleetOf(c, "demo/crew", 12, mailbox.Limits{})
		homes := map[roster.NodeID]bool{}
		for at := range 3 {
			for n := range 12 {
				to := fleet.ID("demo/crew").Member(n)
				receipt, err := c.Node(at).Send(context.Background(), mailbox.Message{To: to, Topic: fmt.Sprint(at, n)}, time.Second)
				must(c, err)
				if string(receipt.Answer) != fmt.Sprintf("%q", to) {
					t.Errorf("answer %s from %s", receipt.Answer, to)
				}
				homes[receipt.Node] = true
			}
		}
		if len(homes) < 2 { // which nodes run how many is drawn
			t.Errorf("mailboxes are on %v", homes)
		}
		receipts, err := c.Node(1).Multicast(context.Background(), mailbox.Message{Topic: "all"}, roster.Query{Capabilities: []string{"read"}})
		must(c, err)
		c.Await("all have read it", func() error {
			r.Lock()
			defer r.Unlock()
			if len(receipts) != 12 || len(r.read["all"]) != 12 {
				return fmt.Errorf("%d receipts, %d readers", len(receipts), len(r.read["all"]))
			}
			return nil
		})
	})
}

// TestMovesLoseNothing sends messages to agents that move from node to node all the while;
// each message is read once. What is kept back while they move is most of them.
func TestMovesLoseNothing(t *testing.T) {
	for seed := range uint64(5) {
		r := newReaders()
		testcluster.Run(t, testcluster.Options{Seed: seed, Configure: r.host}, func(c *testcluster.Cluster) {
			fleetOf(c, "demo/crew", 4, mailbox.Limits{})
			var sending sync.WaitGroup
			var mu sync.Mutex
			taken := map[string]bool{}
			for s := range 4 {
				sending.Go(func() {
					for i := range 100 {
						topic := fmt.Sprint(s, "-", i)
						m := mailbox.Message{ID: topic, Topic: topic, To: fleet.ID("demo/crew").Member((s + i) % 4)}
						_, err := c.Node(i%3).Send(context.Background(), m, 0)
						mu.Lock()
						taken[topic] = err == nil
						mu.Unlock()
						if err != nil {
							t.Errorf("seed %d: %s: %v", seed, topic, err)
						}
						<-time.After(20 * time.Millisecond)
					}
				})
			}
			for range 12 {
				for n := range 4 {
					_, _, _ = c.Node(0).Do(context.Background(), fleet.Recall{Agent: fleet.ID("demo/crew").Member(n), Leave: true}) // one that moves already is refused
				}
				<-time.After(150 * time.Millisecond)
			}
			sending.Wait()
			c.Await("all is read", func() error {
				r.Lock()
				defer r.Unlock()
				if len(r.read) < len(taken) {
					return fmt.Errorf("%d of %d", len(r.read), len(taken))
				}
				return nil
			})
			<-time.After(10 * time.Second) // of virtual time, for what comes twice
			r.Lock()
			defer r.Unlock()
			for topic, epochs := range r.read {
				if len(epochs) != 1 {
					t.Errorf("seed %d: %s was read under %v", seed, topic, epochs)
				}
			}
			epochs := map[roster.Epoch]bool{}
			for _, by := range r.read {
				epochs[by[0]] = true
			}
			if len(epochs) < 12 {
				t.Errorf("seed %d: only %d activations: nothing was moved", seed, len(epochs))
			}
		})
	}
}

// TestRefusedMail goes through what is not taken, each with its reason.
func TestRefusedMail(t *testing.T) {
	r := newReaders()
	r.lazy = true
	testcluster.Run(t, testcluster.Options{Seed: 1, Configure: r.host}, func(c *testcluster.Cluster) {
		ctx := context.Background()
		fleetOf(c, "demo/crew", 1, mailbox.Limits{Messages: 2})
		one := fleet.ID("demo/crew").Member(0)
		for i := range 2 {
			_, err := c.Node(i).Send(ctx, mailbox.Message{To: one}, 0)
			must(c, err)
		}
		record, _, err := c.Node(0).Lookup(ctx, one, roster.Read{})
		must(c, err)
		as := func(epoch roster.Epoch, secret string) context.Context {
			return acting.With(ctx, acting.Claim{Actor: roster.Actor{Agent: one, Epoch: epoch}, Secret: secret})
		}
		send := func(ctx context.Context, m mailbox.Message, wait time.Duration) error {
			_, err := c.Node(2).Send(ctx, m, wait)
			return err
		}
		receive := func(ctx context.Context) error {
			_, err := c.Node(1).Receive(ctx, mailbox.Receive{Agent: one})
			return err
		}
		for name, try := range map[string]struct {
			err  error
			code roster.Code
		}{
			"full":              {send(ctx, mailbox.Message{To: one}, 0), roster.CodeOverloaded},
			"unknown":           {send(ctx, mailbox.Message{To: "demo/nobody"}, 0), roster.CodeNotFound},
			"no receiver":       {send(ctx, mailbox.Message{}, 0), roster.CodeInvalid},
			"too long a wait":   {send(ctx, mailbox.Message{To: one}, time.Hour), roster.CodeInvalid},
			"from another":      {send(ctx, mailbox.Message{To: one, From: "demo/boss"}, 0), roster.CodeDenied},
			"from itself":       {send(as(record.Epoch, "a guess of sixteen"), mailbox.Message{To: one}, 0), roster.CodeDenied},
			"an old epoch":      {send(as(record.Epoch-1, "a guess of sixteen"), mailbox.Message{To: one}, 0), roster.CodeConflict},
			"a later epoch":     {send(as(record.Epoch+1, "a guess of sixteen"), mailbox.Message{To: one}, 0), roster.CodeConflict},
			"another's mailbox": {receive(ctx), roster.CodeDenied},
			"a guess":           {receive(as(record.Epoch, "a guess of sixteen")), roster.CodeDenied},
			"an old receiver":   {receive(as(record.Epoch-1, "")), roster.CodeConflict},
		} {
			if roster.CodeOf(try.err) != try.code {
				t.Errorf("%s: %v, want %s", name, try.err, try.code)
			}
		}
		state, err := c.Node(2).Mailbox(ctx, one)
		must(c, err)
		if state.Waiting != 2 || state.Refused == 0 || state.Messages != 2 || state.Node != record.Node {
			t.Errorf("mailbox %+v", state)
		}
		do(c, fleet.Scale{ID: "demo/crew", Count: 0})
		c.Await("it has gone", func() error {
			if err := send(ctx, mailbox.Message{To: one}, 0); roster.CodeOf(err) != roster.CodeNotFound {
				return fmt.Errorf("sent: %w", err)
			}
			return nil
		})
	})
}

// TestWhoRunsItselfHasMail: an agent that was registered with a secret reads its mail at any
// node, also when the leader of its shard goes, and answers.
func TestWhoRunsItselfHasMail(t *testing.T) {
	testcluster.Run(t, testcluster.Options{Seed: 1}, func(c *testcluster.Cluster) {
		ctx := context.Background()
		const secret = "sixteen bytes or more"
		change, _, err := c.Node(0).Register(ctx, roster.Register{Agent: roster.Agent{ID: "demo/self", Secret: secret}})
		must(c, err)
		as := acting.With(ctx, acting.Claim{Actor: roster.Actor{Agent: "demo/self", Epoch: change.Record.Epoch}, Secret: secret})
		after := uint64(0)
		for i := range 3 {
			answered := make(chan mailbox.Receipt, 1)
			go func() {
				receipt, err := c.Node((i+1)%3).Send(ctx, mailbox.Message{To: "demo/self", Topic: fmt.Sprint(i)}, 20*time.Second)
				if err != nil {
					t.Error(err)
				}
				answered <- receipt
			}()
			got, err := c.Node(i).Receive(as, mailbox.Receive{Agent: "demo/self", After: after, Wait: roster.Duration(10 * time.Second)})
			must(c, err)
			if len(got) != 1 || got[0].Topic != fmt.Sprint(i) {
				t.Fatalf("node %d: got %+v", i, got)
			}
			after = got[0].Number
			must(c, c.Node(i).Reply(as, mailbox.Reply{Agent: "demo/self", To: got[0].ReplyTo, Body: json.RawMessage("1")}))
			if receipt := <-answered; string(receipt.Answer) != "1" {
				t.Errorf("answered %+v", receipt)
			}
			if err := c.Node(i).Reply(as, mailbox.Reply{Agent: "demo/self", To: got[0].ReplyTo}); roster.CodeOf(err) != roster.CodeNotFound {
				t.Errorf("a second answer: %v", err)
			}
		}
		_, err = c.Node(1).Send(ctx, mailbox.Message{ID: "kept", To: "demo/self"}, 0)
		must(c, err)
		statuses, err := c.Node(0).Shards(ctx)
		must(c, err)
		i := slices.IndexFunc(statuses, func(s roster.ShardStatus) bool { return s.ID == change.Record.Shard })
		led := c.Number(statuses[i].Leader)
		c.Net.Isolate(c.Host(led))
		c.Await("another leads", func() error {
			state, err := c.Node((led+1)%3).Mailbox(ctx, "demo/self")
			if err == nil && state.Node == c.Node(led).ID() {
				err = fmt.Errorf("%+v", state)
			}
			return err
		})
		c.Net.Heal()
		c.Await("the mailbox has come along", func() error {
			state, err := c.Node((led+1)%3).Mailbox(ctx, "demo/self")
			if err == nil && state.Waiting != 2 { // what was handed out and not finished too
				err = fmt.Errorf("%+v", state)
			}
			return err
		})
		got, err := c.Node(0).Receive(as, mailbox.Receive{Agent: "demo/self", Wait: roster.Duration(time.Second), Most: 10})
		must(c, err)
		if len(got) != 2 || !got[0].Again || got[1].ID != "kept" {
			t.Errorf("got %+v", got)
		}
	})
}

// TestActsAreProved: who claims to be an agent and proves it acts under its epoch, and one
// that was replaced changes nothing, also in other shards.
func TestActsAreProved(t *testing.T) {
	testcluster.Run(t, testcluster.Options{Seed: 1}, func(c *testcluster.Cluster) {
		const secret = "sixteen bytes or more"
		ctx := context.Background()
		put := func() roster.Epoch {
			change, _, err := c.Node(0).Register(ctx, roster.Register{Agent: roster.Agent{ID: "demo/self", Secret: secret}})
			must(c, err)
			return change.Record.Epoch
		}
		as := func(epoch roster.Epoch, secret string) context.Context {
			return acting.With(ctx, acting.Claim{Actor: roster.Actor{Agent: "demo/self", Epoch: epoch}, Secret: secret})
		}
		register := func(ctx context.Context, id roster.AgentID) roster.Code {
			_, _, err := c.Node(1).Register(ctx, roster.Register{Agent: roster.Agent{ID: id}})
			return roster.CodeOf(err)
		}
		first := put()
		must(c, func() error {
			_, _, err := c.Node(1).Register(as(first, secret), roster.Register{Agent: roster.Agent{ID: "demo/child"}})
			return err
		}())
		_, _, err := c.Node(0).Deregister(ctx, roster.Deregister{ID: "demo/self"})
		must(c, err)
		second := put()
		c.Await("the others see it", func() error {
			for i := range 3 {
				if r, _, err := c.Node(i).Lookup(ctx, "demo/self", roster.Read{}); err != nil || r.Epoch != second {
					return fmt.Errorf("node %d: %w", i, err)
				}
			}
			return nil
		})
		codes := map[string]roster.Code{
			"old":    register(as(first, secret), "demo/child2"),
			"forged": register(as(second, strings.Repeat("x", 20)), "demo/child3"),
			"none":   register(acting.With(ctx, acting.Claim{Actor: roster.Actor{Agent: "demo/none", Epoch: 1}, Secret: secret}), "demo/child4"),
		}
		want := map[string]roster.Code{"old": roster.CodeConflict, "forged": roster.CodeDenied, "none": roster.CodeNotFound}
		if !maps.Equal(codes, want) {
			t.Errorf("codes %v, want %v", codes, want)
		}
		results, _, err := c.Node(2).RegisterBatch(as(first, secret), []roster.Register{{Agent: roster.Agent{ID: "demo/child5"}}})
		if roster.CodeOf(err) != roster.CodeConflict {
			t.Errorf("a batch: %v, %v", results, err)
		}
	})
}
