package conns

import (
	"io"
	"slices"
	"sync/atomic"
	"time"
)

// Loan is a connection that is lent. Give it back once, by Return or Discard; what comes
// after that does nothing.
type Loan[C io.Closer] struct {
	Conn C
	pool *Pool[C]
	over atomic.Bool
}

// Return gives back a connection that works.
func (l *Loan[C]) Return() {
	if !l.over.Swap(true) {
		if !l.pool.keep(l.Conn) {
			l.pool.close(l.Conn)
		}
		l.pool.line.Leave() // only now: who is next finds it
	}
}

// Discard gives back a connection that is broken, or in a state that the next shall not
// find: it is closed.
func (l *Loan[C]) Discard() {
	if !l.over.Swap(true) {
		l.pool.count(func(s *Stats) { s.Broken++ })
		l.pool.close(l.Conn)
		l.pool.line.Leave()
	}
}

// keep makes a connection idle, unless it is one too many.
func (p *Pool[C]) keep(conn C) bool {
	_, waiting := p.line.Len()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mu.closed || p.excess(1, waiting) > 0 {
		return false
	}
	p.mu.idle = append(p.mu.idle, idle[C]{conn, time.Now()})
	p.expire()
	return true
}

// excess returns how many connections too many there would be with this many more idle ones:
// beyond Size, those for whom nobody waits. The lock is held.
func (p *Pool[C]) excess(more, waiting int) int {
	return max(min(len(p.mu.idle)+more-waiting, p.mu.open-p.config.Size), 0)
}

// expire has the idle connections looked at when the oldest is too old; the lock is held.
func (p *Pool[C]) expire() {
	if len(p.mu.idle) == 0 || p.mu.closed || p.mu.expiry != nil {
		return
	}
	p.mu.expiry = time.AfterFunc(time.Until(p.mu.idle[0].since.Add(p.config.IdleFor)), func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.mu.expiry = nil
		if p.mu.closed {
			return
		}
		now, old := time.Now(), 0
		for old < len(p.mu.idle) && now.Sub(p.mu.idle[old].since) >= p.config.IdleFor {
			old++
		}
		p.mu.stats.Expired += uint64(old)
		p.drop(old)
		p.expire()
	})
}

// drop closes the oldest n idle connections, in a goroutine because the lock is held.
func (p *Pool[C]) drop(n int) {
	if gone := p.forget(n); n > 0 {
		p.closing.Go(func() { closeAll(gone) })
	}
}

// forget takes the oldest n idle connections out; the lock is held.
func (p *Pool[C]) forget(n int) []idle[C] {
	gone := slices.Clone(p.mu.idle[:n])
	p.mu.idle = slices.Delete(p.mu.idle, 0, n)
	p.mu.open -= n
	p.mu.stats.Closed += uint64(n)
	return gone
}

func closeAll[C io.Closer](gone []idle[C]) {
	for _, i := range gone {
		_ = i.conn.Close() // nobody could do anything about it
	}
}

// trim closes the idle connections that are too many: once the pool is closed, all.
func (p *Pool[C]) trim() {
	_, waiting := p.line.Len()
	p.mu.Lock()
	n := p.excess(0, waiting)
	if p.mu.closed {
		n = len(p.mu.idle)
	}
	gone := p.forget(n)
	p.mu.Unlock()
	closeAll(gone)
}
