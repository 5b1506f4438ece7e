package jobs

import (
	"container/list"
	"context"
)

// Func is a job. ctx ends with that of who gave it, and when the pool is closed by force.
type Func func(ctx context.Context) error

// Job is one that a pool took.
type Job struct {
	f      Func
	ctx    context.Context
	cancel context.CancelCauseFunc
	unhook []func() bool // what would still end it from outside
	place  *list.Element // in the queue; nil once it is out of it. Under the pool's lock.
	done   chan struct{}
	err    error // set before done is closed
}

// Done is closed when the job has ended, or never will begin.
func (j *Job) Done() <-chan struct{} { return j.done }

// Err waits for the end and returns what the function did; "panic: …" where it panicked, and
// the cause where it never began.
func (j *Job) Err() error {
	<-j.done
	return j.err
}

// end says what became of the job.
func (j *Job) end(err error) {
	for _, unhook := range j.unhook {
		unhook()
	}
	j.cancel(nil)
	j.err = err
	close(j.done)
}
