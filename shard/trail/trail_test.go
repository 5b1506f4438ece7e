package trail

import (
	"errors"
	"testing"
	"time"

	"github.com/hashicorp/raft"

	"roster/internal/bubble"
)

// bed is a trail over a log of a hundred entries, with one follower.
type bed struct {
	*Trail
	log     raft.LogStore
	match   uint64
	leading bool
}

func newBed(hold int64) *bed {
	b := &bed{leading: true}
	b.Trail = New(Options{Trailing: 10, HoldBytes: hold, Follower: func(raft.ServerID) (uint64, bool) { return b.match, b.leading }})
	b.log = b.Over(raft.NewInmemStore())
	b.write(1, 100)
	return b
}

func (b *bed) write(from, to uint64) {
	for i := from; i <= to; i++ {
		_ = b.log.StoreLog(&raft.Log{Index: i, Data: make([]byte, 10)})
	}
}

// first compacts and returns where the log begins then.
func (b *bed) first(t *testing.T, upto uint64) uint64 {
	t.Helper()
	low, err := b.log.FirstIndex()
	if err == nil {
		err = b.log.DeleteRange(low, upto)
	}
	if err != nil {
		t.Fatal(err)
	}
	low, _ = b.log.FirstIndex()
	return low
}

func (b *bed) install(t *testing.T, index uint64) error {
	return b.Install(t.Context(), "f", index, func() error { return nil })
}

// TestHold: what ends a hold, and what does not.
func TestHold(t *testing.T) {
	for name, c := range map[string]struct {
		then func(*bed)
		want uint64
	}{
		"installed, not caught up": {func(b *bed) { b.match = 50 }, 50},
		"caught up":                {func(b *bed) { b.match = 96 }, 91},
		"leads no more":            {func(b *bed) { b.leading = false }, 91},
		"too much written":         {func(b *bed) { b.write(101, 120) }, 91},
		"a little written":         {func(b *bed) { b.write(101, 109) }, 50},
		"too long ago":             {func(*bed) { <-time.After(Window + time.Second) }, 91},
		"not so long ago":          {func(*bed) { <-time.After(Window - time.Second) }, 50},
	} {
		t.Run(name, func(t *testing.T) {
			bubble.Test(t, func(t *testing.T) {
				b := newBed(100)
				if err := b.install(t, 50); err != nil {
					t.Fatal(err)
				}
				c.then(b)
				if got := b.first(t, 90); got != c.want {
					t.Errorf("the log begins at %d, want %d", got, c.want)
				}
			})
		})
	}
}

// TestFailedInstallHoldsNothing, and neither does the log keep entries that another
// leader contradicts.
func TestFailedInstallHoldsNothing(t *testing.T) {
	b := newBed(0)
	failed := errors.New("disk full")
	if err := b.Install(t.Context(), "f", 50, func() error { return failed }); !errors.Is(err, failed) {
		t.Error(err)
	}
	if got := b.first(t, 60); got != 61 {
		t.Errorf("the log begins at %d", got)
	}
	_ = b.install(t, 70)
	if err := b.log.DeleteRange(80, 100); err != nil {
		t.Fatal(err)
	}
	if last, _ := b.log.LastIndex(); last != 79 {
		t.Errorf("the log ends at %d: a hold kept entries at its end", last)
	}
}

// TestInstallsAreSpaced: three at once, then ever wider, and all forgotten after a while
// or when the follower has caught up.
func TestInstallsAreSpaced(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		b := newBed(0)
		for range InstallsMax {
			if err := b.install(t, 50); err != nil {
				t.Fatal(err)
			}
		}
		for i, want := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second} {
			began := time.Now()
			if err := b.install(t, 50); !errors.Is(err, ErrSpaced) || time.Since(began) != want {
				t.Errorf("install %d: %v after %v, want ErrSpaced after %v", i, err, time.Since(began), want)
			}
			if err := b.install(t, 50); err != nil {
				t.Error(err)
			}
		}
		if f := b.Figures(); f.Looping != 1 || f.Installs != 6 {
			t.Errorf("%+v", f)
		}
		b.match = 100
		b.first(t, 90)
		if f := b.Figures(); f.Looping != 0 {
			t.Errorf("caught up, and still %+v", f)
		}
		if err := b.install(t, 50); err != nil {
			t.Errorf("after it had caught up: %v", err)
		}
	})
}
