package line_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"roster"
	"roster/internal/bubble"
	"roster/internal/line"
)

// door is what is tested: a Line, or one that lets callers in as it likes.
type door interface {
	Enter(ctx context.Context) error
	Leave()
}

// caller is one in a history.
type caller struct {
	id     int
	cancel context.CancelFunc
	heard  chan error // what Enter said
}

// model is what a line should do: the dumb version.
type model struct {
	places, waiters int
	in, queue       []int
}

// history draws callers that arrive, give up and leave, and says where a door differs from
// the model. Each step waits until nothing moves any more.
func history(draw *rand.Rand, d door, m *model) error {
	callers := map[int]*caller{}
	defer func() { // who waits at the end gives up
		for _, c := range callers {
			c.cancel()
		}
		synctest.Wait()
	}()
	for id := range 1 + draw.IntN(60) {
		var refused []int
		switch act := draw.IntN(5); {
		case act == 0 && len(m.queue) > 0: // one who waits gives up
			at := draw.IntN(len(m.queue))
			callers[m.queue[at]].cancel()
			refused = []int{m.queue[at]}
			m.queue = slices.Delete(m.queue, at, at+1)
		case act <= 2 && len(m.in) > 0: // one leaves, and the first comes in
			at := draw.IntN(len(m.in))
			d.Leave()
			delete(callers, m.in[at])
			m.in = slices.Delete(m.in, at, at+1)
			if len(m.queue) > 0 {
				m.in, m.queue = append(m.in, m.queue[0]), m.queue[1:]
			}
		default: // one arrives
			ctx, cancel := context.WithCancel(context.Background())
			c := &caller{id, cancel, make(chan error, 1)}
			callers[id] = c
			go func() { c.heard <- d.Enter(ctx) }()
			switch {
			case len(m.in) < m.places:
				m.in = append(m.in, id)
			case len(m.queue) < m.waiters:
				m.queue = append(m.queue, id)
			default:
				refused = []int{id}
			}
		}
		synctest.Wait()
		if err := compare(callers, m, refused); err != nil {
			return fmt.Errorf("step %d: %w", id, err)
		}
	}
	return nil
}

// compare holds what callers have heard against the model.
func compare(callers map[int]*caller, m *model, refused []int) error {
	for id, c := range callers { // order-free: each is judged alone
		var err error
		heard := false
		select {
		case err = <-c.heard:
			heard = true
			if err == nil {
				c.heard <- nil // it stays in
			} else {
				delete(callers, id)
			}
		default:
		}
		switch {
		case heard && err == nil && !slices.Contains(m.in, id):
			return fmt.Errorf("%d is in before its turn", id)
		case !heard && !slices.Contains(m.queue, id):
			return fmt.Errorf("%d still waits", id)
		case heard && err != nil && !slices.Contains(refused, id):
			return fmt.Errorf("%d: %w", id, err)
		}
	}
	return nil
}

// TestOrder: in drawn histories places are given in the order of arrival, who gives up leaves
// no hole and takes no place along, and the bounds hold.
func TestOrder(t *testing.T) {
	for seed := range uint64(400) {
		bubble.Test(t, func(t *testing.T) {
			draw := rand.New(rand.NewPCG(seed, 1))
			m := &model{places: 1 + draw.IntN(3), waiters: draw.IntN(7)}
			l := line.New("it", m.places, m.waiters)
			if err := history(draw, l, m); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			for range m.in {
				l.Leave()
			}
			if err := l.Close(context.Background()); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
		})
	}
}

// crowd is a line without an order: the last who came goes in first.
type crowd struct {
	sync.Mutex
	free    int
	waiting []chan struct{}
}

func (c *crowd) Enter(ctx context.Context) error {
	turn := make(chan struct{})
	c.Lock()
	if c.free > 0 {
		c.free--
		close(turn)
	} else {
		c.waiting = append(c.waiting, turn)
	}
	c.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
		c.Lock()
		defer c.Unlock()
		c.waiting = slices.DeleteFunc(c.waiting, func(w chan struct{}) bool { return w == turn })
		return ctx.Err()
	}
}

func (c *crowd) Leave() {
	c.Lock()
	defer c.Unlock()
	n := len(c.waiting) - 1
	if n < 0 {
		c.free++
		return
	}
	close(c.waiting[n])
	c.waiting = c.waiting[:n]
}

// TestOrderIsJudged is the control of TestOrder: the same histories find a door without order.
func TestOrderIsJudged(t *testing.T) {
	found := 0
	for seed := range uint64(20) {
		bubble.Test(t, func(*testing.T) {
			if history(rand.New(rand.NewPCG(seed, 1)), &crowd{free: 1}, &model{places: 1, waiters: 60}) != nil {
				found++
			}
		})
	}
	if found < 10 {
		t.Errorf("a door that lets the last in first passes %d of 20 histories", 20-found)
	}
}

// TestClose: who waits is sent home, who is in is waited for, nobody comes in after that.
func TestClose(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		l := line.New("it", 1, 5)
		if err := l.Enter(t.Context()); err != nil {
			t.Fatal(err)
		}
		heard := make(chan error, 5)
		for range 5 {
			go func() { heard <- l.Enter(context.Background()) }()
		}
		synctest.Wait()
		if err := l.Enter(t.Context()); roster.CodeOf(err) != roster.CodeOverloaded || !roster.CodeOf(err).Retryable() {
			t.Error(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := l.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		for range 5 {
			if err := <-heard; roster.CodeOf(err) != roster.CodeUnavailable {
				t.Error(err)
			}
		}
		l.Leave()
		if err := l.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if err := l.Enter(t.Context()); roster.CodeOf(err) != roster.CodeUnavailable {
			t.Error(err)
		}
		if err := l.TryEnter(); roster.CodeOf(err) != roster.CodeUnavailable {
			t.Error(err)
		}
	})
}

func Example() {
	counter := line.New("the counter", 1, 0)
	ctx := context.Background()
	fmt.Println(counter.Enter(ctx))
	fmt.Println(counter.Enter(ctx))
	counter.Leave()
	fmt.Println(counter.Close(ctx))
	// Output:
	// <nil>
	// the counter is full: 0 wait already
	// <nil>
}
