package agentpool

import (
	"context"
	"errors"
	"sync"
	"time"

	"roster"
	"roster/agentpool/warm"
)

// Worker is a prepared instance of a warm entry: it serves one activation after another, of
// one agent or of several, never two at once.
type Worker interface {
	// Run is the agent, as a Func is.
	Run(ctx context.Context, self Self) error
	// Reset forgets everything about the activation that has ended. After an error, or later
	// than ctx, the worker is not used again. Package canary finds what it leaves behind.
	Reset(ctx context.Context) error
	// Close lets go of the worker; it is called once.
	Close()
}

// Warm is an entry whose workers are prepared before anybody needs them, for agents that take
// long to begin: see package warm.
type Warm struct {
	Name string // the entry's
	// Target workers are kept ready.
	Target int
	// Max bounds all workers, those that run, are made and are reset: a member that finds no
	// worker ends as Overloaded, and is begun again as its spec says. It should have room for
	// the members of this node and Target.
	Max int
	// Make prepares a worker.
	Make func(ctx context.Context) (Worker, error)
	// MakeWithin and ResetWithin bound what one Make and one Reset may take; 0 is what package
	// warm says.
	MakeWithin, ResetWithin time.Duration
}

// warmEntry is a warm entry and, while a Supervisor uses the driver, its pool.
type warmEntry struct {
	Warm
	mu struct {
		sync.Mutex
		pool *warm.Pool[Worker]
	}
}

// Open begins to prepare workers.
func (d *Inproc) Open() {
	for _, w := range d.warm { // order-free: each alone
		w.open()
	}
}

// Close closes the workers that nobody uses, and waits for those that are made or reset until
// ctx ends. The driver can be opened again.
func (d *Inproc) Close(ctx context.Context) error {
	var errs []error
	for _, w := range d.warm { // order-free: each alone
		errs = append(errs, w.close(ctx))
	}
	return errors.Join(errs...)
}

// Pools tells of each warm entry what its pool has and has done; of none while no Supervisor
// uses the driver.
func (d *Inproc) Pools() map[string]warm.Stats {
	stats := make(map[string]warm.Stats)
	for name, w := range d.warm {
		if pool := w.pool(); pool != nil {
			stats[name] = pool.Stats()
		}
	}
	return stats
}

func (w *warmEntry) open() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.mu.pool == nil {
		w.mu.pool = warm.New(warm.Config[Worker]{Name: w.Name, Target: w.Target, Max: w.Max, Make: w.Make, MakeWithin: w.MakeWithin, ResetWithin: w.ResetWithin,
			Reset: func(ctx context.Context, worker Worker) error { return worker.Reset(ctx) },
			Close: func(worker Worker) { worker.Close() }})
	}
}

func (w *warmEntry) close(ctx context.Context) error {
	w.mu.Lock()
	pool := w.mu.pool
	w.mu.pool = nil
	w.mu.Unlock()
	if pool == nil {
		return nil
	}
	return pool.Close(ctx)
}

func (w *warmEntry) pool() *warm.Pool[Worker] {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.mu.pool
}

// run has a worker be an agent. One that has panicked is in nobody knows what state: it is
// not used again.
func (w *warmEntry) run(ctx context.Context, self Self) error {
	pool := w.pool()
	if pool == nil {
		return roster.Errorf(roster.CodeUnavailable, "entry %s is closed", w.Name)
	}
	claim, err := pool.Claim(ctx)
	if err != nil {
		return err
	}
	returned := false
	defer func() {
		if returned {
			claim.Release()
		} else {
			claim.Discard()
		}
	}()
	err = claim.Value.Run(ctx, self)
	returned = true
	return err
}
