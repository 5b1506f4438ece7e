package warm

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

// worker is an instance that keeps what its users leave in it, in several places.
type worker struct {
	owner   string
	pages   map[string]string
	scratch []byte
	history []string
	users   int
	closed  bool
}

// use is what a user does.
func (w *worker) use(mark string) {
	w.owner = mark
	w.pages[mark] = "a page"
	w.scratch = append(w.scratch, mark...)
	w.history = append(w.history, "said "+mark)
	w.users++
}

// forget is a Reset that forgets everything.
func (w *worker) forget() {
	clear(w.pages)
	clear(w.scratch[:cap(w.scratch)])
	clear(w.history[:cap(w.history)])
	w.owner, w.scratch, w.history = "", w.scratch[:0], w.history[:0]
}

// isClosed reports whether a worker has been closed.
func (f *factory) isClosed(w *worker) bool {
	f.Lock()
	defer f.Unlock()
	return w.closed
}

// factory makes workers, and has its functions do what a test wants.
type factory struct {
	sync.Mutex
	made, closed int
	fails        bool          // Make does
	takes        time.Duration // Make does
	reset        func(ctx context.Context, w *worker) error
}

// config fills in the functions.
func (f *factory) config(c Config[*worker]) Config[*worker] {
	c.Name = "workers"
	c.Make = func(ctx context.Context) (*worker, error) {
		select {
		case <-time.After(f.takes):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		f.Lock()
		defer f.Unlock()
		if f.fails {
			return nil, errors.New("bad day")
		}
		f.made++
		return &worker{pages: map[string]string{}}, nil
	}
	c.Reset = func(ctx context.Context, w *worker) error {
		if f.reset != nil {
			return f.reset(ctx, w)
		}
		w.forget()
		return nil
	}
	c.Close = func(w *worker) {
		f.Lock()
		defer f.Unlock()
		w.closed = true
		f.closed++ // one that is closed twice counts twice
	}
	return c
}

// pool runs a scenario in a bubble. In the end every worker has been closed once.
func pool(t *testing.T, f *factory, c Config[*worker], scenario func(p *Pool[*worker])) {
	t.Helper()
	bubble.Test(t, func(t *testing.T) {
		p := New(f.config(c))
		scenario(p)
		if err := p.Close(context.Background()); err != nil {
			t.Error(err)
		}
		f.Lock()
		defer f.Unlock()
		if s := p.Stats(); f.made != f.closed || s.Ready+s.Claimed+s.Making+s.Resetting+p.mu.all != 0 || s.Made != uint64(f.made) || s.Closed != uint64(f.closed) {
			t.Errorf("%d made, %d closed; %+v, %d seats", f.made, f.closed, s, p.mu.all)
		}
	})
}

func claim(t *testing.T, p *Pool[*worker]) *Claim[*worker] {
	t.Helper()
	c, err := p.Claim(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestClaim: what is ready is there at once, and made up for; when nothing is, one is made,
// which takes its time (TestCold); at Max who asks hears to come back.
func TestClaim(t *testing.T) {
	pool(t, &factory{takes: time.Second}, Config[*worker]{Target: 2, Max: 4}, func(p *Pool[*worker]) {
		after(time.Second)
		synctest.Wait()
		var claims []*Claim[*worker]
		for i, want := range []time.Duration{0, 0, time.Second, 0} { // the third waits for what is being made
			began := time.Now()
			claims = append(claims, claim(t, p))
			if d := time.Since(began); d != want {
				t.Errorf("claim %d took %v, want %v", i, d, want)
			}
		}
		_, err := p.Claim(context.Background())
		if e, ok := errors.AsType[*roster.Error](err); !ok || e.Code != roster.CodeOverloaded || e.RetryAfter <= 0 {
			t.Errorf("a full pool answers %v", err)
		}
		if s := p.Stats(); s.Refused != 1 || s.Hits+s.Waited != 4 || s.Waited == 0 || s.Cold != 0 || s.Claimed != 4 {
			t.Errorf("%+v", s)
		}
		for _, c := range claims {
			c.Release()
			c.Release() // does nothing
			c.Discard()
		}
		synctest.Wait()
		if s := p.Stats(); s.Ready != 4 || s.Resets != 4 {
			t.Errorf("%+v", s)
		}
		if c := claim(t, p); c.Value.users != 0 || p.Stats().Reused != 1 {
			t.Errorf("%+v", p.Stats())
		} else {
			c.Discard()
		}
	})
}

// TestCold: who finds nothing makes one, in its own time and as long as it wants to.
func TestCold(t *testing.T) {
	pool(t, &factory{takes: time.Second}, Config[*worker]{Max: 2}, func(p *Pool[*worker]) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second/2)
		defer cancel()
		if _, err := p.Claim(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		began := time.Now()
		c, d := claim(t, p), claim(t, p)
		if s := p.Stats(); time.Since(began) != 2*time.Second || s.Cold != 2 || s.Hits != 0 {
			t.Errorf("%v, %+v", time.Since(began), s)
		}
		c.Release()
		d.Discard()
	})
}

// TestTurns: at Max claims wait for what is being reset, one for each, in order; one that
// gives up costs nothing, and a Reset that fails leaves its seat to who waits.
func TestTurns(t *testing.T) {
	f := &factory{takes: time.Second}
	f.reset = func(_ context.Context, w *worker) error {
		after(time.Second)
		if w.owner == "spoilt" {
			return errors.New("bad day")
		}
		w.forget()
		return nil
	}
	pool(t, f, Config[*worker]{Max: 2}, func(p *Pool[*worker]) {
		a, b := claim(t, p), claim(t, p)
		b.Value.owner = "spoilt"
		a.Release()
		b.Release()
		ctx, cancel := context.WithCancel(context.Background())
		heard := make(chan error, 1)
		go func() { _, err := p.Claim(ctx); heard <- err }()
		synctest.Wait()
		cancel()
		if err := <-heard; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		began := time.Now()
		got := make(chan *Claim[*worker], 2)
		for range 2 {
			go func() { got <- claim(t, p) }()
		}
		synctest.Wait()
		if _, err := p.Claim(context.Background()); roster.CodeOf(err) != roster.CodeOverloaded {
			t.Errorf("a third, where two come: %v", err)
		}
		first := <-got
		if first.Value != a.Value || time.Since(began) != time.Second {
			t.Errorf("after %v", time.Since(began))
		}
		second := <-got
		if s := p.Stats(); second.Value == b.Value || time.Since(began) != 2*time.Second || s.Waited != 1 || s.Reused != 1 || s.Cold != 3 {
			t.Errorf("after %v: %+v", time.Since(began), s)
		}
		first.Release()
		second.Release()
	})
}

// TestSpare: what a burst has made is kept for a while, down to the target; Resize changes it.
func TestSpare(t *testing.T) {
	pool(t, &factory{}, Config[*worker]{Target: 2, Max: 8}, func(p *Pool[*worker]) {
		var claims []*Claim[*worker]
		for range 8 {
			claims = append(claims, claim(t, p))
		}
		for _, c := range claims {
			c.Release()
		}
		after(SpareFor - time.Second)
		if n := p.Stats().Ready; n != 8 {
			t.Errorf("%d ready after a burst", n)
		}
		used := claim(t, p)
		used.Release()
		after(2 * time.Second)
		if n := p.Stats().Ready; n != 2 {
			t.Errorf("%d ready when it is calm", n)
		}
		p.Resize(5)
		after(time.Second)
		if n := p.Stats().Ready; n != 5 {
			t.Errorf("%d ready, want 5", n)
		}
		p.Resize(1)
		after(SpareFor + time.Second)
		if n := p.Stats().Ready; n != 1 {
			t.Errorf("%d ready, want 1", n)
		}
	})
}

// TestMakeFails: it is tried again after a pause that grows, and no more often; claims hear
// why there is none, and nothing is lost.
func TestMakeFails(t *testing.T) {
	f := &factory{fails: true}
	pool(t, f, Config[*worker]{Target: 3, Max: 3}, func(p *Pool[*worker]) {
		after(10 * time.Minute)
		if err := p.Stats().MakeError; err == nil || err.Error() != "bad day" {
			t.Error(err)
		}
		// 0.1, 0.2, … 25.6 s, and then each 30 s; three at once.
		if n := p.Stats().MakeFailed; n < 60 || n > 100 {
			t.Errorf("%d tries in ten minutes", n)
		}
		if _, err := p.Claim(context.Background()); err == nil || err.Error() != "make one of workers: bad day" {
			t.Error(err)
		}
		f.Lock()
		f.fails = false
		f.Unlock()
		after(PauseMax + time.Second)
		if s := p.Stats(); s.Ready != 3 || s.Claimed != 0 || s.Cold != 0 || s.MakeError != nil {
			t.Errorf("%+v", s)
		}
	})
}

// TestClose: what is being made is given up, and what is claimed is closed when it comes.
func TestClose(t *testing.T) {
	f := &factory{takes: time.Second}
	pool(t, f, Config[*worker]{Target: 1, Max: 4}, func(p *Pool[*worker]) {
		after(2 * time.Second)
		c := claim(t, p)
		after(2 * time.Second)
		d := claim(t, p)
		cold := make(chan error, 1)
		go func() { _, err := p.Claim(context.Background()); cold <- err }()
		synctest.Wait()
		if err := p.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if err := <-cold; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		c.Release()
		d.Discard()
		if !f.isClosed(c.Value) || !f.isClosed(d.Value) {
			t.Error("not closed")
		}
		if _, err := p.Claim(context.Background()); roster.CodeOf(err) != roster.CodeUnavailable {
			t.Error(err)
		}
	})
}
