package shard

import (
	"context"
	"io"
	"testing"
	"time"

	"roster"
	"roster/fsm"
	"roster/internal/bubble"
	"roster/shard/logstore"
	"roster/shard/replica"
)

// slowToRestore is a machine that needs a while for each snapshot.
type slowToRestore struct {
	replica.Machine
	takes time.Duration
}

func (s slowToRestore) Restore(r io.Reader) error {
	<-time.After(s.takes)
	return s.Machine.Restore(r)
}

// TestSnapshotsEnd: a follower that takes longer to install a snapshot than the leader
// takes to compact gets one and catches up, while writes go on. Where nothing is held
// for it (a hold of one byte), it gets snapshot after snapshot, which is what happens
// without a trail; those are spaced, and seen.
func TestSnapshotsEnd(t *testing.T) {
	for _, c := range []struct {
		name string
		hold int64
		ends bool
	}{{"held", 0, true}, {"nothing held", 1, false}} {
		t.Run(c.name, func(t *testing.T) {
			bubble.Test(t, func(t *testing.T) {
				crew := muster(t, logstore.Memory, 3, func(id roster.NodeID, config *Config) {
					config.Compaction = Compaction{Trailing: 16, Threshold: 16, Interval: time.Second}
					config.tuning.hold = c.hold
					config.tuning.machine = func(s roster.ShardID) replica.Machine {
						return slowToRestore{fsm.New(s), 5 * time.Second}
					}
				})
				defer crew.disband()
				leader := crew.leader()
				behind := crew.others(leader)[0]
				crew.mesh.isolate(behind.config.Node)
				stop := writeSteadily(t, leader)
				<-time.After(20 * time.Second) // far beyond what is kept
				crew.mesh.heal(behind.config.Node)
				ctx, cancel := deadline(2 * time.Minute)
				defer cancel()
				err := behind.bell.Wait(ctx, func() bool { return behind.age() < 500*time.Millisecond })
				if caught := err == nil; caught != c.ends {
					t.Errorf("caught up: %v, want %v; %+v", caught, c.ends, leader.trail.Figures())
				}
				stop()
				wantFigures(t, leader, c.ends)
			})
		})
	}
}

func wantFigures(t *testing.T, leader *Group, ends bool) {
	t.Helper()
	switch f := leader.trail.Figures(); {
	case ends && (f.Installs > 2 || f.Looping > 0 || f.GivenUp > 0):
		t.Errorf("it caught up after %+v", f)
	case !ends && (f.Looping != 1 || f.Installs < 4 || f.Installs > 12 || f.GivenUp == 0):
		t.Errorf("endless installs are not seen, or not spaced: %+v", f) // 2 min / 5 s would be 24
	}
}

// writeSteadily writes fifty entries a second until it is stopped.
func writeSteadily(t *testing.T, g *Group) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := 0; ctx.Err() == nil; i++ {
			propose(t, g, i%100)
			select {
			case <-time.After(20 * time.Millisecond):
			case <-ctx.Done():
			}
		}
	}()
	return func() { cancel(); <-done }
}
