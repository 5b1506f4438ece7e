package jobs

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"roster"
	"roster/internal/line"
)

const (
	// QueueMax is how many jobs wait for a worker where nothing else is said.
	QueueMax = 1024
	// WaitersMax is how many callers of Do wait for room in the queue where nothing else is
	// said.
	WaitersMax = 10_000
)

// Config says how large a Pool is. The zero value can be used.
type Config struct {
	Workers int // jobs that run at once; 0 is one a processor
	Queue   int // jobs that wait for a worker; 0 is QueueMax, below 0 none
	Waiters int // callers of Do that wait for room; 0 is WaitersMax, below 0 none
}

// Stats is what a pool does and has done.
type Stats struct {
	Running, Queued, Waiting int    // now
	Ended                    uint64 // the failed ones too, and those that never began
	Failed                   uint64 // ended by an error or a panic, or never began
	Refused                  uint64 // by Overloaded
}

// Pool runs jobs. Make one with New.
type Pool struct {
	room    *line.Line // for jobs that wait or run
	ctx     context.Context
	cancel  context.CancelCauseFunc
	running sync.WaitGroup // the workers
	some    *sync.Cond     // there is a job, or there will be none any more
	mu      struct {
		sync.Mutex
		queue  queue
		closed bool
		stats  Stats
	}
}

// errExit is what a job ends with that ended its goroutine.
var errExit = errors.New("it ended its goroutine")

// New returns a pool whose workers wait for jobs.
func New(c Config) *Pool {
	c.Workers = orElse(c.Workers, runtime.GOMAXPROCS(0))
	p := &Pool{room: line.New("the queue of jobs", max(c.Workers, 1)+orElse(c.Queue, QueueMax), orElse(c.Waiters, WaitersMax))}
	p.some = sync.NewCond(&p.mu.Mutex)
	p.ctx, p.cancel = context.WithCancelCause(context.Background())
	for range max(c.Workers, 1) {
		p.running.Go(p.work)
	}
	return p
}

// orElse is n, what is meant by 0, and nothing below that.
func orElse(n, zero int) int {
	if n == 0 {
		return zero
	}
	return max(n, 0)
}

// Do runs f and returns its error. It waits for room in the queue, for a worker, and for f's
// end, unless ctx ends before f begins. The error is Overloaded when too many wait for room
// already, and Unavailable when the pool is closed.
func (p *Pool) Do(ctx context.Context, f Func) error {
	if err := p.refused(p.room.Enter(ctx)); err != nil {
		return err
	}
	return p.push(ctx, f).Err()
}

// Try has f run soon, and does not wait. The error is Overloaded when the queue is full, and
// Unavailable when the pool is closed.
func (p *Pool) Try(ctx context.Context, f Func) (*Job, error) {
	if err := p.refused(p.room.TryEnter()); err != nil {
		return nil, err
	}
	return p.push(ctx, f), nil
}

func (p *Pool) refused(err error) error {
	if roster.CodeOf(err) == roster.CodeOverloaded {
		p.mu.Lock()
		p.mu.stats.Refused++
		p.mu.Unlock()
	}
	return err
}

// push has a job wait for a worker; there is room for it.
func (p *Pool) push(ctx context.Context, f Func) *Job {
	j := &Job{f: f, done: make(chan struct{})}
	j.ctx, j.cancel = context.WithCancelCause(ctx)
	p.mu.Lock()
	j.place = p.mu.queue.push(j)
	j.unhook = []func() bool{ // both wait for the lock
		context.AfterFunc(p.ctx, func() { j.cancel(context.Cause(p.ctx)) }),
		context.AfterFunc(j.ctx, func() { p.abandon(j) }),
	}
	p.mu.Unlock()
	p.some.Signal()
	return j
}

// abandon takes a job that nobody wants any more out of the queue.
func (p *Pool) abandon(j *Job) {
	p.mu.Lock()
	waits := p.mu.queue.remove(j)
	p.mu.Unlock()
	if waits {
		p.finish(j, context.Cause(j.ctx))
	}
}

// next waits for a job; there is none any more when it is nil.
func (p *Pool) next() *Job {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.mu.queue.len() == 0 {
		if p.mu.closed {
			return nil
		}
		p.some.Wait()
	}
	p.mu.stats.Running++
	return p.mu.queue.pop()
}

// work is a worker.
func (p *Pool) work() {
	for j := p.next(); j != nil; j = p.next() {
		p.run(j)
	}
}

func (p *Pool) run(j *Job) {
	if j.ctx.Err() != nil { // it was on its way out of the queue
		p.leave(j, context.Cause(j.ctx))
		return
	}
	err, returned := errExit, false
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
		} else if !returned {
			p.running.Go(p.work) // this worker ends here
		}
		p.leave(j, err)
	}()
	err = j.f(j.ctx)
	returned = true
}

// leave gives the worker back.
func (p *Pool) leave(j *Job, err error) {
	p.mu.Lock()
	p.mu.stats.Running--
	p.mu.Unlock()
	p.finish(j, err)
}

// finish counts a job that has ended, and makes room.
func (p *Pool) finish(j *Job, err error) {
	p.mu.Lock()
	p.mu.stats.Ended++
	if err != nil {
		p.mu.stats.Failed++
	}
	p.mu.Unlock()
	p.room.Leave()
	j.end(err)
}

// Stats tells what the pool does and has done.
func (p *Pool) Stats() Stats {
	_, waiting := p.room.Len()
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.mu.stats
	s.Queued, s.Waiting = p.mu.queue.len(), waiting
	return s
}

// Close takes no more jobs, runs those that it has, and waits for them. When ctx ends before
// that, those that wait never begin, the context of those that run ends, and the error says
// how many there were; Close may be called again to wait for these.
func (p *Pool) Close(ctx context.Context) error {
	err := p.room.Close(ctx)
	if err != nil {
		p.cancel(roster.Errorf(roster.CodeUnavailable, "the pool of jobs is closed"))
	}
	p.mu.Lock()
	p.mu.closed = true
	p.mu.Unlock()
	p.some.Broadcast()
	if err == nil {
		p.running.Wait()
		p.cancel(nil)
	}
	return err
}
