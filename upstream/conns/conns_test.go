package conns

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"roster"
	"roster/internal/bubble"
)

func after(d time.Duration) { <-time.After(d) }

// service is what connections lead to: it counts them.
type service struct {
	sync.Mutex
	open, most, opened int
	down, hung         bool // it opens none; it does not answer checks
}

// conn is a connection to it.
type conn struct {
	s      *service
	number int
	broken bool // by the service
	closed bool
}

var errDown = errors.New("the service is down")

func (s *service) dial(ctx context.Context) (*conn, error) {
	s.Lock()
	defer s.Unlock()
	if s.down {
		return nil, errDown
	}
	s.open++
	s.opened++
	s.most = max(s.most, s.open)
	return &conn{s: s, number: s.opened}, nil
}

func (c *conn) Close() error {
	c.s.Lock()
	defer c.s.Unlock()
	if c.closed {
		panic("closed twice")
	}
	c.closed = true
	c.s.open--
	return nil
}

func (c *conn) check(ctx context.Context) error {
	c.s.Lock()
	defer c.s.Unlock()
	switch {
	case c.closed:
		panic("a closed one was kept")
	case c.s.hung:
		c.s.Unlock()
		<-ctx.Done()
		c.s.Lock()
		return ctx.Err()
	case c.broken:
		return errDown
	}
	return nil
}

// now returns how many connections there are.
func (s *service) now() int {
	s.Lock()
	defer s.Unlock()
	return s.open
}

// pool runs a scenario in a bubble, in which nothing may be left open.
func pool(t *testing.T, c Config[*conn], scenario func(p *Pool[*conn], s *service)) {
	t.Helper()
	bubble.Test(t, func(t *testing.T) {
		s := &service{}
		c.Open = s.dial
		c.Check = func(ctx context.Context, c *conn) error { return c.check(ctx) }
		p := New(c)
		scenario(p, s)
		if err := p.Close(context.Background()); err != nil || s.now() != 0 || p.Stats().Open != 0 {
			t.Errorf("%v; %d connections are left open, %d counted", err, s.now(), p.Stats().Open)
		}
	})
}

// take borrows what must be there.
func take(t *testing.T, p *Pool[*conn]) *Loan[*conn] {
	t.Helper()
	l, err := p.Borrow(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// spoil has an idle connection broken by the service.
func spoil(p *Pool[*conn], at int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mu.idle[at].conn.broken = true
}

// TestOverflow: a burst has more connections than are kept, and these are closed when they
// come back; the kept ones are lent again.
func TestOverflow(t *testing.T) {
	pool(t, Config[*conn]{Size: 2, Overflow: 3, Waiters: -1}, func(p *Pool[*conn], s *service) {
		var loans []*Loan[*conn]
		for range 5 {
			loans = append(loans, take(t, p))
		}
		_, err := p.Borrow(context.Background())
		if e, ok := errors.AsType[*roster.Error](err); !ok || e.Code != roster.CodeOverloaded || e.RetryAfter <= 0 {
			t.Errorf("a full pool answers %v", err)
		}
		for i, l := range loans {
			l.Return()
			l.Return() // does nothing
			l.Discard()
			if want := max(2, 4-i); s.now() != want {
				t.Errorf("%d open, want %d", s.now(), want)
			}
		}
		first, second := take(t, p), take(t, p)
		if s.opened != 5 || p.Stats().Reused != 2 {
			t.Errorf("%d opened, %+v", s.opened, p.Stats())
		}
		first.Return()
		second.Discard()
		if got := p.Stats(); s.now() != 1 || got.Idle != 1 || got.Lent != 0 || got.Broken != 1 {
			t.Errorf("%d open, %+v", s.now(), got)
		}
	})
}

// TestKeptForWaiters: while somebody waits, what comes back is not closed but lent on, and
// closed when who waited has given up.
func TestKeptForWaiters(t *testing.T) {
	pool(t, Config[*conn]{Size: 1, Overflow: 1}, func(p *Pool[*conn], s *service) {
		a, b := take(t, p), take(t, p)
		ctx, cancel := context.WithCancel(context.Background())
		got := make(chan *Loan[*conn], 2)
		go func() { l, _ := p.Borrow(ctx); got <- l }()
		synctest.Wait()
		a.Return()
		synctest.Wait()
		c := <-got
		if c == nil || s.opened != 2 {
			t.Fatalf("%d opened", s.opened)
		}
		go func() { l, _ := p.Borrow(ctx); got <- l }()
		synctest.Wait()
		cancel()
		b.Return() // it is kept for who gives up just now, or closed
		synctest.Wait()
		if l := <-got; l != nil {
			l.Return()
		}
		if n := p.Stats().Idle; n != 0 {
			t.Errorf("%d are idle, one more than is kept", n)
		}
		c.Return()
		if s.now() != 1 {
			t.Errorf("%d open", s.now())
		}
	})
}

// TestIdle: an unused connection is closed after its time, one that is used is not.
func TestIdle(t *testing.T) {
	pool(t, Config[*conn]{Size: 3, IdleFor: time.Minute}, func(p *Pool[*conn], s *service) {
		a, b := take(t, p), take(t, p)
		a.Return()
		b.Return()
		for range 4 {
			after(40 * time.Second)
			take(t, p).Return() // the one used last
		}
		if s.now() != 1 || s.opened != 2 || p.Stats().Expired != 1 {
			t.Errorf("%d open, %+v", s.now(), p.Stats())
		}
		after(time.Minute)
		synctest.Wait()
		if s.now() != 0 || p.Stats().Expired != 2 {
			t.Errorf("%d open, %+v", s.now(), p.Stats())
		}
	})
}

// TestBroken: what does not pass is not lent; after two the rest is not asked; a check that
// hangs costs its time and no more, and a service that is down costs nobody a place.
func TestBroken(t *testing.T) {
	pool(t, Config[*conn]{Size: 10}, func(p *Pool[*conn], s *service) {
		fill := func() {
			var loans []*Loan[*conn]
			for range 10 {
				loans = append(loans, take(t, p))
			}
			for _, l := range loans {
				l.Return()
			}
		}
		fill()
		spoil(p, 9)
		if l := take(t, p); l.Conn.number != 9 || s.now() != 9 {
			t.Errorf("lent number %d, %d open", l.Conn.number, s.now())
		} else {
			l.Return()
		}
		fill()
		s.hung = true
		began := time.Now()
		l := take(t, p)
		if d := time.Since(began); d != suspectAfter*CheckWithin || s.now() != 1 || l.Conn.number != 12 {
			t.Errorf("after %v number %d, %d open", d, l.Conn.number, s.now())
		}
		l.Discard()
		s.down = true
		for range 100 {
			if _, err := p.Borrow(context.Background()); !errors.Is(err, errDown) {
				t.Fatal(err)
			}
		}
		s.down = false
		fill()
	})
}

// TestOpenPanics: a panic of Open's is its caller's, and costs no place.
func TestOpenPanics(t *testing.T) {
	pool(t, Config[*conn]{Size: 1}, func(p *Pool[*conn], s *service) {
		open := p.config.Open
		p.config.Open = func(context.Context) (*conn, error) { panic("what now") }
		func() {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			_, _ = p.Borrow(context.Background())
		}()
		p.config.Open = open
		take(t, p).Return()
	})
}

// TestClose: what is lent is waited for, and closed when it comes.
func TestClose(t *testing.T) {
	pool(t, Config[*conn]{Size: 2}, func(p *Pool[*conn], s *service) {
		a, b := take(t, p), take(t, p)
		b.Return()
		heard := make(chan error, 1)
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := p.Close(ctx); !errors.Is(err, context.DeadlineExceeded) || s.now() != 1 {
			t.Errorf("%v, %d open", err, s.now())
		}
		go func() { _, err := p.Borrow(context.Background()); heard <- err }()
		if err := <-heard; roster.CodeOf(err) != roster.CodeUnavailable {
			t.Error(err)
		}
		a.Return()
	})
}
