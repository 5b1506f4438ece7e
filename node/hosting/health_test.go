package hosting

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"sync"
	"testing"
	"time"

	"roster"
	"roster/agentpool"
	"roster/fleet"
	"roster/internal/bubble"
)

// ledger takes what goes to shards, and answers as it is told.
type ledger struct {
	sync.Mutex
	start   time.Time
	healths []string
	reports int
	answer  func(Act) error
}

func (l *ledger) act(_ context.Context, shard roster.ShardID, acts []Act) []error {
	l.Lock()
	defer l.Unlock()
	errs := make([]error, len(acts))
	for i, a := range acts {
		h := a.Command.(roster.SetHealth)
		if l.answer != nil {
			errs[i] = l.answer(a)
		}
		l.healths = append(l.healths, fmt.Sprintf("%v %d %s@%d %s %s", time.Since(l.start).Truncate(time.Millisecond), shard, a.Agent, a.Epoch, h.Health.State, h.Health.Reason))
	}
	return errs
}

// answers says what is answered from now on.
func (l *ledger) answers(answer func(Act) error) {
	l.Lock()
	defer l.Unlock()
	l.answer = answer
}

// taken returns what came since the last call.
func (l *ledger) taken() []string {
	l.Lock()
	defer l.Unlock()
	out := l.healths
	l.healths = nil
	return out
}

func (l *ledger) propose(_ context.Context, _ roster.ShardID, commands []roster.Command) []error {
	l.Lock()
	defer l.Unlock()
	l.reports += len(commands)
	return make([]error, len(commands))
}

// hosted runs a member, demo/crew~0 under epoch 7 in shard 1, and hands out what it knows of
// itself.
func hosted(t *testing.T, scenario func(l *ledger, say func(fleet.Word, string), leave func())) {
	bubble.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		l, selves, left := &ledger{start: time.Now()}, make(chan agentpool.Self, 1), make(chan struct{})
		member := &roster.Record{Agent: roster.Agent{ID: "demo/crew~0"}, Shard: 1, Node: "n1", Epoch: 7, Revision: 7, Status: roster.StatusStarting,
			Owner: roster.Owner{Kind: roster.OwnedByPlacement}}
		h := New(Config{
			Self: "n1",
			Pool: agentpool.Config{Drivers: []agentpool.Driver{agentpool.NewInproc(map[string]agentpool.Func{"talk": func(ctx context.Context, self agentpool.Self) error {
				self.Ready()
				selves <- self
				<-ctx.Done()
				return nil
			}})}},
			Watch: func(ctx context.Context, _ roster.Query, _ roster.Cursor) iter.Seq2[roster.Event, error] {
				return func(yield func(roster.Event, error) bool) {
					if !yield(roster.Event{Type: roster.EventEntered, After: member}, nil) {
						return
					}
					select {
					case <-left:
						yield(roster.Event{Type: roster.EventLeft, Before: member}, nil)
					case <-ctx.Done():
					}
					<-ctx.Done()
				}
			},
			Fleet: func(context.Context, fleet.ID, roster.Read) (fleet.State, roster.Index, error) {
				return fleet.State{Fleet: fleet.Fleet{ID: "demo/crew", Spec: fleet.Spec{Driver: fleet.Inproc, Entry: "talk"}}, Generation: 1}, 7, nil
			},
			Propose: l.propose, Act: l.act,
			Newest: func(context.Context) (map[roster.ShardID]roster.Index, error) {
				return map[roster.ShardID]roster.Index{1: 6}, nil
			},
			Held: func() bool { return true },
		})
		done := make(chan error, 1)
		go func() { done <- h.Run(ctx) }()
		self := <-selves
		after(10 * healthPause)
		l.Lock()
		l.start = time.Now()
		l.Unlock()
		scenario(l, func(word fleet.Word, progress string) {
			if err := self.Say(fleet.Standing{Word: word, Progress: progress}); err != nil {
				t.Error(err)
			}
		}, func() { close(left) })
		h.health.mu.Lock()
		for id := range h.health.mu.known {
			if _, here := h.shardOf(id); !here {
				t.Errorf("%s is remembered and not here", id)
			}
		}
		h.health.mu.Unlock()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := h.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

func after(d time.Duration) { <-time.After(d) }

func equal(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: %q\nwant %q", what, got, want)
	}
}

// TestWordsBecomeHealth: what a member says goes to its shard under its epoch, and nothing
// does that changes nothing.
func TestWordsBecomeHealth(t *testing.T) {
	hosted(t, func(l *ledger, say func(fleet.Word, string), _ func()) {
		say(fleet.Ready, "")
		after(time.Hour)
		equal(t, "ready is what it was", l.taken())
		say(fleet.Overloaded, "3 of 4")
		after(time.Millisecond)
		equal(t, "overloaded", l.taken(), "1h0m0s 1 demo/crew~0@7 warning overloaded: 3 of 4")
		for n := range 1000 {
			say(fleet.Overloaded, fmt.Sprint(n, " of 1000"))
			after(100 * time.Millisecond)
		}
		equal(t, "progress alone", l.taken())
		say(fleet.Ready, "")
		after(time.Millisecond)
		equal(t, "ready again", l.taken(), "1h1m40.001s 1 demo/crew~0@7 passing ")
		if l.reports != 1 {
			t.Errorf("%d reports", l.reports)
		}
	})
}

// TestChattyMember: who changes its word without a pause costs its shard one change a second,
// and the last word is heard.
func TestChattyMember(t *testing.T) {
	hosted(t, func(l *ledger, say func(fleet.Word, string), _ func()) {
		words := []fleet.Word{fleet.Overloaded, fleet.Ready, fleet.Finishing}
		for n := range 10_000 {
			say(words[n%3], "")
			after(time.Millisecond)
		}
		say(fleet.Finishing, "at last")
		after(2 * time.Second)
		got := l.taken()
		if n := len(got); n < 8 || n > 11 {
			t.Errorf("%d changes in ten seconds", n)
		}
		if last := got[len(got)-1]; !strings.HasSuffix(last, " 1 demo/crew~0@7 warning finishing: at last") {
			t.Errorf("the last is %s", last)
		}
	})
}

// TestHealthIsRetried: what does not come through is sent again, the newest alone; what is
// answered by no is not.
func TestHealthIsRetried(t *testing.T) {
	hosted(t, func(l *ledger, say func(fleet.Word, string), _ func()) {
		l.answers(func(Act) error { return roster.Errorf(roster.CodeUnavailable, "nobody leads") })
		say(fleet.Overloaded, "")
		after(2500 * time.Millisecond)
		equal(t, "tried", l.taken(), "0s 1 demo/crew~0@7 warning overloaded", "1s 1 demo/crew~0@7 warning overloaded", "2s 1 demo/crew~0@7 warning overloaded")
		say(fleet.Finishing, "")
		l.answers(func(Act) error { return roster.Errorf(roster.CodeConflict, "an old epoch") })
		after(time.Minute)
		equal(t, "refused", l.taken(), "3s 1 demo/crew~0@7 warning finishing")
		l.answers(nil)
		say(fleet.Ready, "")
		after(time.Minute)
		equal(t, "never heard of, and so no news", l.taken())
	})
}

// TestHealthOfTheGone: nothing is sent of a member that has left.
func TestHealthOfTheGone(t *testing.T) {
	hosted(t, func(l *ledger, say func(fleet.Word, string), leave func()) {
		l.answers(func(Act) error { return roster.Errorf(roster.CodeUnavailable, "nobody leads") })
		say(fleet.Overloaded, "")
		after(1500 * time.Millisecond)
		leave()
		after(time.Millisecond)
		l.taken()
		after(time.Minute)
		equal(t, "gone", l.taken())
	})
}

// TestCriticalGoesAtOnce: it waits for no pause, but when it failed to be brought.
func TestCriticalGoesAtOnce(t *testing.T) {
	v := &verdicts{}
	v.init()
	now := time.Now()
	put := func(state roster.HealthState) {
		v.put(roster.Actor{Agent: "demo/a~0", Epoch: 3}, roster.Health{State: state})
	}
	steps := []struct {
		at    time.Duration
		state roster.HealthState
		goes  bool
	}{{0, roster.Warning, true}, {10 * time.Millisecond, roster.Critical, true}, {20 * time.Millisecond, roster.Warning, false},
		{time.Second + 10*time.Millisecond, roster.Warning, true}, {time.Second + 20*time.Millisecond, roster.Critical, true}}
	for _, s := range steps {
		put(s.state)
		due, _ := v.take(now.Add(s.at))
		if x, goes := due["demo/a~0"]; goes != s.goes {
			t.Errorf("%+v: %v", s, due)
		} else if goes {
			v.sent("demo/a~0", x)
		}
	}
	put(roster.Warning)
	due, _ := v.take(now.Add(time.Hour))
	v.sent("demo/a~0", due["demo/a~0"])
	put(roster.Critical)
	due, _ = v.take(now.Add(time.Hour))
	v.back("demo/a~0", due["demo/a~0"])
	put(roster.Warning) // which the shard has taken; but perhaps also what was sent after it
	if due, _ := v.take(now.Add(2 * time.Hour)); len(due) != 1 {
		t.Errorf("%v: what may have to be undone is not sent", due)
	}
	put(roster.Critical)
	if due, rest := v.take(now.Add(2 * time.Hour)); len(due) != 0 || rest != healthPause {
		t.Errorf("%v, %v: what was sent in vain is sent again at once", due, rest)
	}
}
