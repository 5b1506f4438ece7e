package warm

import "time"

// refill begins to make what is missing of the target; the lock is held.
func (p *Pool[T]) refill() {
	m := &p.mu
	for !m.closed && m.pause == nil && m.making < MakingMax && m.all < p.config.Max && len(m.ready)+p.coming() < m.target {
		m.making++
		m.all++
		p.running.Go(p.prepare)
	}
}

// prepare makes an instance before anybody asks.
func (p *Pool[T]) prepare() {
	i, err := p.make(p.ctx)
	if err == nil && p.settle(i) {
		return
	}
	if err == nil { // it came too late
		p.close(i)
		return
	}
	m := &p.mu
	m.Lock()
	defer m.Unlock()
	m.making--
	if m.pause == nil && !m.closed { // those that fail together count once
		m.fails++
		m.pause = time.AfterFunc(min(PauseMin<<min(m.fails-1, 20), PauseMax), p.again)
	}
	p.gone()
}

// settle makes what prepare made ready, unless the pool is closed.
func (p *Pool[T]) settle(i *instance[T]) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mu.making--
	p.mu.fails = 0
	if p.mu.closed {
		return false
	}
	p.shelve(i)
	p.refill()
	return true
}

// again ends the pause after a failure.
func (p *Pool[T]) again() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mu.pause = nil
	p.refill()
}

// shelve makes an instance ready, or gives it to who waits; the lock is held.
func (p *Pool[T]) shelve(i *instance[T]) {
	if p.next(i) {
		return
	}
	i.since = time.Now()
	p.mu.ready = append(p.mu.ready, i)
	p.spare()
}

// spare has those beyond the target closed when the oldest has been unused for too long; the
// lock is held.
func (p *Pool[T]) spare() {
	m := &p.mu
	if m.closed || m.trim != nil || len(m.ready) <= m.target {
		return
	}
	m.trim = time.AfterFunc(time.Until(m.ready[0].since.Add(p.config.SpareFor)), p.trim)
}

// trim closes those beyond the target that have been unused for too long.
func (p *Pool[T]) trim() {
	m := &p.mu
	m.Lock()
	defer m.Unlock()
	m.trim = nil
	if m.closed {
		return
	}
	for len(m.ready) > m.target && time.Since(m.ready[0].since) >= p.config.SpareFor {
		old := m.ready[0]
		m.ready[0], m.ready = nil, m.ready[1:]
		p.running.Go(func() { p.close(old) })
	}
	p.spare()
}
