package measure

import (
	"context"
	"fmt"
	"sync"
	"time"

	"roster/bench/peers/process"
	"roster/bench/peers/record"
	"roster/bench/peers/system"
	"roster/bench/peers/table"
)

// The probe of a fail-over: one put begins every putEvery, whatever became of those
// before, and each is given up after putMax.
const (
	putEvery     = 10 * time.Millisecond
	putMax       = time.Second
	steadyFor    = time.Second      // before the kill
	failoverMax  = 30 * time.Second // after it
	recoverMax   = time.Minute      // until the killed server serves again
	checkedAtEnd = time.Minute
	putsMax      = 1_000_000 // more than one fail-over can begin
)

// failover is the row of a leader that is killed.
func failover() Row {
	return Row{
		Row:     table.Row{Name: "failover", Title: "kill -9 of the leader until every key is writable again, one put every 10 ms", Unit: "ms"},
		servers: true,
		without: append([]string{"redis"}, noStore...),
		run: func(ctx context.Context, b *Bench, _ string) (table.Sample, error) {
			var took []float64
			sample := table.Sample{}
			for kill := range b.Kills {
				if kill > 0 {
					if err := b.System.Ready(ctx); err != nil {
						return sample, err
					}
				}
				p, err := b.killLeader(ctx, kill*putsMax)
				if err != nil {
					return sample, err
				}
				took = append(took, float64(p.until.Milliseconds()))
				sample.Errors += uint64(p.failed)
				sample.Lost += uint64(p.lost)
			}
			sample.Value, sample.Load = table.Median(took), process.LoadAverage()
			return sample, nil
		},
	}
}

// probe is what a fail-over gathers.
type probe struct {
	store   system.Store
	classes []string
	number  int // of the next put
	puts    sync.WaitGroup
	until   time.Duration // from the kill until every class was written
	failed  int
	lost    int
	mu      struct {
		sync.Mutex
		killed time.Time            // zero before the kill
		first  map[string]time.Time // when the first put of a class that began after the kill was acknowledged
		acked  []string
		failed int
	}
}

// killLeader kills the leader while puts go on, the first of that number, and starts
// it again.
func (b *Bench) killLeader(ctx context.Context, first int) (*probe, error) {
	store, classes, err := b.System.Surviving(ctx)
	if err != nil {
		return nil, err
	}
	defer store.Close()
	leader, err := b.System.Leader(ctx)
	if err != nil {
		return nil, err
	}
	p := &probe{store: store, classes: classes, number: first}
	p.mu.first = map[string]time.Time{}
	err = p.run(ctx, func() { b.System.Kill(leader) })
	p.puts.Wait()
	if err != nil {
		return nil, err
	}
	p.failed = p.mu.failed
	ctx, cancel := context.WithTimeout(ctx, recoverMax)
	defer cancel()
	if err := b.System.Restart(ctx, leader); err != nil {
		return nil, err
	}
	return p, p.check(ctx)
}

// run puts until every class is writable after the kill.
func (p *probe) run(ctx context.Context, kill func()) error {
	ticker := time.NewTicker(putEvery)
	defer ticker.Stop()
	began := time.Now()
	var killed time.Time
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ticker.C:
		}
		if killed.IsZero() && time.Since(began) >= steadyFor {
			killed = time.Now()
			p.setKilled(killed)
			kill()
		}
		if done, err := p.recovered(killed); done || err != nil {
			return err
		}
		n := p.number
		p.number++
		id := record.Class(p.classes[n%len(p.classes)], n)
		p.puts.Go(func() { p.put(ctx, n, id) })
	}
}

func (p *probe) setKilled(at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mu.killed = at
}

// recovered reports whether every class was written since the kill.
func (p *probe) recovered(killed time.Time) (bool, error) {
	if killed.IsZero() {
		return false, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.mu.first) < len(p.classes) {
		if time.Since(killed) > failoverMax {
			return false, fmt.Errorf("only %d of %d classes are writable %v after the kill", len(p.mu.first), len(p.classes), failoverMax)
		}
		return false, nil
	}
	for _, at := range p.mu.first { // order-free: the latest
		p.until = max(p.until, at.Sub(killed))
	}
	return true, nil
}

// put sends one put and notes how it went.
func (p *probe) put(ctx context.Context, n int, id string) {
	ctx, cancel := context.WithTimeout(ctx, putMax)
	defer cancel()
	began := time.Now()
	err := p.store.Put(ctx, n, system.Item{ID: id, Value: record.MakeFor(id, n, uint64(n))})
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		p.mu.failed++
		return
	}
	p.mu.acked = append(p.mu.acked, id)
	class := p.classes[n%len(p.classes)]
	if _, ok := p.mu.first[class]; !ok && !p.mu.killed.IsZero() && began.After(p.mu.killed) {
		p.mu.first[class] = time.Now()
	}
}

// check looks up everything that was acknowledged.
func (p *probe) check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, checkedAtEnd)
	defer cancel()
	for n, id := range p.mu.acked { // nobody else runs any more
		lost := false
		err := process.Await(ctx, "look-up of "+id, func(ctx context.Context) error {
			attempt, cancel := context.WithTimeout(ctx, putMax)
			defer cancel()
			_, err := p.store.Get(attempt, n, id, system.Linearizable)
			if system.Missing(err) {
				lost = true
				return nil
			}
			return err
		})
		if err != nil {
			return err
		}
		if lost {
			p.lost++
		}
	}
	return nil
}
