package conns

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"roster/internal/line"
)

const (
	// Size is how many connections are kept where nothing else is said.
	Size = 8
	// WaitersMax is how many callers wait for a connection where nothing else is said.
	WaitersMax = 1024
	// IdleFor is how long an unused connection is kept where nothing else is said.
	IdleFor = 5 * time.Minute
	// OpenWithin bounds what opening one may take where nothing else is said.
	OpenWithin = 10 * time.Second
	// CheckWithin bounds what checking one may take where nothing else is said.
	CheckWithin = time.Second
	// suspectAfter checks that fail in a row, the idle connections that are left are taken
	// for broken, too: who waits for a turn shall not wait for each of them.
	suspectAfter = 2
)

// Config says what a Pool lends. Open is needed; a zero number or time is the constant of
// its name, and below zero none.
type Config[C io.Closer] struct {
	// Open opens a connection. It returns soon when ctx ends.
	Open func(ctx context.Context) (C, error)
	// Check says why an idle connection cannot be lent; nil lends it unchecked.
	Check func(ctx context.Context, conn C) error
	// Size connections are kept; a burst has Overflow more (0: none).
	Size, Overflow int
	Waiters        int           // callers that wait; WaitersMax
	IdleFor        time.Duration // an idle connection is closed after this
	OpenWithin     time.Duration
	CheckWithin    time.Duration
}

// Stats is what a pool has and has done.
type Stats struct {
	Lent, Waiting  int    // callers, now
	Open, Idle     int    // connections, now; those that are being opened are open
	Opened, Closed uint64 // connections
	Reused         uint64 // loans of a connection that was there
	Failed         uint64 // openings that failed
	Broken         uint64 // discarded, or did not pass the check
	Expired        uint64 // idle for too long
}

// Pool lends connections. Make one with New.
type Pool[C io.Closer] struct {
	config  Config[C]
	line    *line.Line
	ctx     context.Context // ends when the pool is closed
	cancel  context.CancelFunc
	closing sync.WaitGroup // expired connections that are being closed
	mu      struct {
		sync.Mutex
		idle   []idle[C] // the one used last is the last
		open   int       // connections that are lent, idle or being checked
		expiry *time.Timer
		closed bool
		stats  Stats
	}
}

// idle is a connection that nobody has.
type idle[C io.Closer] struct {
	conn  C
	since time.Time
}

// New returns a pool without a connection; the first are opened when they are asked for.
func New[C io.Closer](c Config[C]) *Pool[C] {
	c.Size, c.Waiters = orElse(c.Size, Size), orElse(c.Waiters, WaitersMax)
	c.IdleFor = orElse(c.IdleFor, IdleFor)
	c.OpenWithin, c.CheckWithin = orElse(c.OpenWithin, OpenWithin), orElse(c.CheckWithin, CheckWithin)
	p := &Pool[C]{config: c, line: line.New("the pool of connections", c.Size+max(c.Overflow, 0), c.Waiters)}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	return p
}

// orElse is n, what is meant by 0, and nothing below that.
func orElse[N int | time.Duration](n, zero N) N {
	if n == 0 {
		return zero
	}
	return max(n, 0)
}

// Borrow lends a connection, and waits for its turn. The error is Overloaded when too many
// wait, Unavailable when the pool is closed, the cause of ctx's end, or why none could be
// opened.
func (p *Pool[C]) Borrow(ctx context.Context) (*Loan[C], error) {
	if err := p.line.Enter(ctx); err != nil {
		p.trim() // one may have been kept for this caller
		return nil, err
	}
	lent := false
	defer func() {
		if !lent { // also when Open or Check panics
			p.line.Leave()
		}
	}()
	conn, err := p.conn(ctx)
	if err != nil {
		return nil, err
	}
	lent = true
	return &Loan[C]{Conn: conn, pool: p}, nil
}

// conn returns an idle connection that passes, or a new one. Its caller has a place in the
// line, and a new one is only opened when none is idle: so there are never more than places.
func (p *Pool[C]) conn(ctx context.Context) (C, error) {
	for failed := 0; ; failed++ {
		conn, ok := p.take()
		if !ok {
			return p.open(ctx)
		}
		if p.passes(ctx, conn, failed) {
			p.count(func(s *Stats) { s.Reused++ })
			return conn, nil
		}
	}
}

// take takes the idle connection that was used last.
func (p *Pool[C]) take() (conn C, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.mu.idle) - 1
	if n < 0 {
		return conn, false
	}
	conn = p.mu.idle[n].conn
	p.mu.idle[n] = idle[C]{}
	p.mu.idle = p.mu.idle[:n]
	return conn, true
}

// passes checks a connection, after so many that failed in a row, and closes it if it fails.
func (p *Pool[C]) passes(ctx context.Context, conn C, failed int) (ok bool) {
	if p.config.Check == nil {
		return true
	}
	defer func() {
		if !ok {
			p.count(func(s *Stats) { s.Broken++ })
			p.close(conn)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, p.config.CheckWithin)
	defer cancel()
	return failed < suspectAfter && p.config.Check(ctx, conn) == nil
}

func (p *Pool[C]) open(ctx context.Context) (conn C, err error) {
	ctx, cancel := context.WithTimeout(ctx, p.config.OpenWithin)
	defer cancel()
	defer context.AfterFunc(p.ctx, cancel)()
	p.mu.Lock()
	p.mu.open++
	p.mu.Unlock()
	ready := false
	defer func() { // also when Open panics
		p.mu.Lock()
		defer p.mu.Unlock()
		if ready {
			p.mu.stats.Opened++
			return
		}
		p.mu.open--
		p.mu.stats.Failed++
	}()
	conn, err = p.config.Open(ctx)
	if err != nil {
		return conn, fmt.Errorf("open a connection: %w", err)
	}
	ready = true
	return conn, nil
}

func (p *Pool[C]) close(conn C) {
	p.mu.Lock()
	p.mu.open--
	p.mu.stats.Closed++
	p.mu.Unlock()
	_ = conn.Close() // nobody could do anything about it
}

func (p *Pool[C]) count(what func(*Stats)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	what(&p.mu.stats)
}

// Stats tells what the pool has and has done.
func (p *Pool[C]) Stats() Stats {
	lent, waiting := p.line.Len()
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.mu.stats
	s.Lent, s.Waiting, s.Open, s.Idle = lent, waiting, p.mu.open, len(p.mu.idle)
	return s
}

// Close closes what is idle, sends home who waits, and waits for what is lent until ctx
// ends. What comes back later is closed when it does.
func (p *Pool[C]) Close(ctx context.Context) error {
	p.mu.Lock()
	p.mu.closed = true
	if p.mu.expiry != nil {
		p.mu.expiry.Stop()
	}
	p.mu.Unlock()
	p.cancel()
	p.trim()
	err := p.line.Close(ctx)
	p.closing.Wait()
	return err
}
