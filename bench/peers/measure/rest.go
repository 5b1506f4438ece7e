package measure

import (
	"context"
	"time"

	"roster/bench/peers/process"
	"roster/bench/peers/record"
	"roster/bench/peers/system"
	"roster/bench/peers/table"
)

// mebibyte is the unit of memory in the table.
const mebibyte = 1 << 20

// idle is the row of what servers cost that nobody asks for anything.
func idle() Row {
	return Row{
		Row:     table.Row{Name: "idle", Title: "idle CPU of all servers together, records loaded", Unit: "% of a core"},
		servers: true,
		without: noStore,
		run: func(ctx context.Context, b *Bench, _ string) (table.Sample, error) {
			var sample table.Sample
			if err := pause(ctx, b.Settle); err != nil {
				return sample, err
			}
			before := spentBy(b.System.Processes())
			if err := pause(ctx, b.Rest); err != nil {
				return sample, err
			}
			spentBy(b.System.Processes()).since(before, 0, &sample)
			sample.Value = 100 * sample.ServerCores
			return sample, nil
		},
	}
}

// memory is the row of what the servers keep resident: the most that one of them does.
func memory() Row {
	return Row{
		Row:     table.Row{Name: "rss", Title: "memory of a server (RSS), records loaded", Unit: "MiB"},
		servers: true,
		without: []string{"bare"},
		run: func(_ context.Context, b *Bench, _ string) (table.Sample, error) {
			sample := table.Sample{Load: process.LoadAverage()}
			for _, p := range b.System.Processes() {
				m := p.Memory()
				sample.Value = max(sample.Value, float64(m.RSS)/mebibyte)
				sample.Anon = max(sample.Anon, float64(m.Anon)/mebibyte)
			}
			return sample, nil
		},
	}
}

// pause waits for the time itself: nothing tells that a server has come to rest.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// restartMax bounds how long a server may take to come back.
const restartMax = 3 * time.Minute

// restart is the row of a server that was killed and is started again.
func restart() Row {
	return Row{
		Row:     table.Row{Name: "restart", Title: "a killed server's start until its own look-up of the last record is right", Unit: "s"},
		servers: true,
		without: noStore,
		run: func(ctx context.Context, b *Bench, _ string) (table.Sample, error) {
			ctx, cancel := context.WithTimeout(ctx, restartMax)
			defer cancel()
			took, err := b.restartOne(ctx)
			return table.Sample{Value: took.Seconds(), Load: process.LoadAverage()}, err
		},
	}
}

// restartOne kills a server that does not lead, and starts it.
func (b *Bench) restartOne(ctx context.Context) (time.Duration, error) {
	leader, err := b.System.Leader(ctx)
	if err != nil {
		return 0, err
	}
	victim := (leader + 1) % len(b.System.Processes())
	version, number := b.version.Add(1), b.Records-1
	store, err := b.System.Connect(ctx, b.System.Stores()[0], 1)
	if err != nil {
		return 0, err
	}
	err = store.Put(ctx, 0, system.Item{ID: record.ID(number), Value: record.Make(number, version)})
	store.Close()
	if err != nil {
		return 0, err
	}
	b.System.Kill(victim)
	began := time.Now()
	if err := b.System.Restart(ctx, victim); err != nil {
		return 0, err
	}
	one, err := b.System.ConnectTo(ctx, victim)
	if err != nil {
		return 0, err
	}
	defer one.Close()
	if err := b.awaitRecord(ctx, one, number, version); err != nil {
		return 0, err
	}
	took := time.Since(began)
	return took, b.System.Ready(ctx)
}
