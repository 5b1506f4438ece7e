package measure

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"roster/bench/peers/process"
	"roster/bench/peers/record"
	"roster/bench/peers/system"
	"roster/loadgen"
)

// Bench is one system that is measured.
type Bench struct {
	System  system.System
	Records int // how many are loaded; at least 100
	// Warmup and Duration are those of every load.
	Warmup, Duration time.Duration
	// Operations ends each load early, after so many; 0: its time alone does.
	Operations uint64
	// Settle is how long the servers are left alone before what they cost at rest
	// counts, and Rest for how long it does.
	Settle, Rest time.Duration
	// Kills is how many leaders a fail-over kills, one after the other.
	Kills int
	Seed  uint64

	version atomic.Uint64 // of the next record that is written
	created atomic.Uint64 // how many records fresh made
}

// Bounds of single steps.
const (
	fillCallers  = 8
	fillTries    = 5
	fillRateMin  = 1000 // records a second; slower is a fault
	operationMax = 10 * time.Second
	spareTime    = 60 * time.Second // what a step may take beyond its load
	freshFirst   = 100_000_000      // the first number of a record that Fill did not make
	firstVersion = 1
	verifyEvery  = 997 // records between those that are looked at after loading
)

// Fill loads all records and returns once every server's own look-ups see them.
func (b *Bench) Fill(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, spareTime+time.Duration(b.Records/fillRateMin)*time.Second)
	defer cancel()
	b.version.Store(firstVersion)
	store, err := b.System.Connect(ctx, b.System.Stores()[0], fillCallers)
	if err != nil {
		return err
	}
	defer store.Close()
	batches := uint64((b.Records + system.BatchRecords - 1) / system.BatchRecords)
	got, err := loadgen.Drive(ctx, loadgen.Load{Name: "fill", Workers: fillCallers, Operations: batches, Timeout: operationMax,
		Ops: []loadgen.Op{{Name: "fill", Weight: 1, Do: func(ctx context.Context, w *loadgen.Worker, n uint64) error {
			return b.fillBatch(ctx, store, w.ID, int(n))
		}}}})
	if err != nil {
		return err
	}
	if got.Failed() > 0 || got.Interrupted {
		return fmt.Errorf("loading records: %d of %d batches failed: %v", got.Failed(), batches, got.Operation("fill").Samples)
	}
	return b.verify(ctx)
}

// fillBatch tries again what a busy system refuses: loading is no measurement.
func (b *Bench) fillBatch(ctx context.Context, store system.Store, caller, n int) error {
	items := make([]system.Item, 0, system.BatchRecords)
	for number := n * system.BatchRecords; number < min(b.Records, (n+1)*system.BatchRecords); number++ {
		items = append(items, system.Item{ID: record.ID(number), Value: record.Make(number, firstVersion)})
	}
	var faults []error
	for range fillTries {
		err := store.PutBatch(ctx, caller, items)
		if err == nil {
			return nil
		}
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

// verify waits until each server's own look-ups see the records.
func (b *Bench) verify(ctx context.Context) error {
	for i := range b.System.Processes() {
		store, err := b.System.ConnectTo(ctx, i)
		if err != nil {
			return err
		}
		for number := 0; number < b.Records && err == nil; number += verifyEvery {
			err = b.awaitRecord(ctx, store, number, firstVersion)
		}
		if err == nil {
			err = b.awaitRecord(ctx, store, b.Records-1, firstVersion)
		}
		store.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// awaitRecord waits until a look-up that the asked server answers by itself sees a
// version of a record.
func (b *Bench) awaitRecord(ctx context.Context, store system.Store, number int, version uint64) error {
	mark := []byte(record.Mark(version))
	return process.Await(ctx, "look-up of "+record.ID(number), func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		got, err := store.Get(ctx, 0, record.ID(number), system.Local)
		if err == nil && !bytes.Contains(got, mark) {
			err = fmt.Errorf("it does not say %s", mark)
		}
		return err
	})
}
