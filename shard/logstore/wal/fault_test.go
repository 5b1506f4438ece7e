package wal

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/raft"

	"roster/internal/bubble"
	"roster/internal/platter"
	"roster/shard/logstore/disk"
)

// TestEveryErrorIsFinal lets the n-th call to the disk fail, for every n of a busy
// life: the log stops, every group hears of it once, nothing is tried again, and what
// was acknowledged is there after a new start.
func TestEveryErrorIsFinal(t *testing.T) {
	for _, failure := range []error{syscall.EIO, syscall.ENOSPC} {
		n, stopped := 1, 0
		for ; ; n++ {
			h := newHistory(uint64(n), honest)
			if !failOnce(t, h, n, failure) {
				break
			}
			stopped++
			h.disk.PowerCut()
			if err := h.run(1); err != nil {
				t.Fatalf("%v at call %d: %v", failure, n, err)
			}
		}
		if stopped < 60 {
			t.Errorf("%v: only %d calls could fail: the life is too quiet to say anything", failure, stopped)
		}
	}
}

// failOnce reports whether the life had a call n.
func failOnce(t *testing.T, h *history, n int, failure error) bool {
	t.Helper()
	h.disk.FailAt(n, failure)
	l, err := Open(h.disk.FS(), tiny())
	if err != nil {
		failed, _ := h.disk.Failed()
		if failed == "" || !errors.Is(err, failure) {
			t.Fatalf("call %d: Open: %v, want %v", n, err, failure)
		}
		return true
	}
	var told [actors]atomic.Int32
	var wait sync.WaitGroup
	errs := make([]error, actors)
	for i, a := range h.actors {
		g, err := l.Group(a.id)
		if err != nil {
			errs[i] = err
			continue
		}
		g.OnFault(func(error) { told[i].Add(1) })
		wait.Go(func() { errs[i] = a.play(g, 15) })
	}
	wait.Wait()
	closed := l.Close()
	failed, after := h.disk.Failed()
	if failed == "" {
		return false
	}
	if fault := l.Fault(); fault == nil {
		// A reader met it, or closing did: it was answered.
		if !slices.ContainsFunc(append(errs, closed), func(err error) bool { return errors.Is(err, failure) }) {
			t.Fatalf("call %d failed and nobody heard of it: %v", n, errs)
		}
		return true
	}
	for i := range told {
		if got := told[i].Load(); got != 1 && errs[i] == nil {
			t.Errorf("call %d: group %d was told %d times and its calls went well", n, i, got)
		} else if got > 1 {
			t.Errorf("call %d: group %d was told %d times", n, i, got)
		}
	}
	// What other goroutines are doing meanwhile ends; but the file in question is not
	// touched again, and after a frame that failed no other is written.
	verb, name, _ := strings.Cut(failed, " ")
	for _, call := range after {
		again := strings.HasSuffix(call, " "+name) && name != "names" // several goroutines have names to sync
		if again || verb == "write" && strings.HasPrefix(call, "write") {
			t.Errorf("call %d, %s, failed, and then came %q", n, failed, after)
			break
		}
	}
	return true
}

// TestStalledSync: writers of all groups wait, and go on when the disk does.
func TestStalledSync(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		d := platter.New(1)
		l := begin(t, d, Options{SegmentBytes: 1 << 20})
		a, b := openGroup(t, l, 1), openGroup(t, l, 2)
		release := d.Stall()
		done := make(chan error, 2)
		go func() { done <- a.StoreLogs(entries(1, 3)) }()
		go func() { done <- b.Set([]byte("CurrentTerm"), []byte("7")) }()
		<-time.After(time.Minute)
		if len(done) > 0 {
			t.Error("a write was acknowledged before its sync")
		}
		if last, err := a.LastIndex(); last != 0 || err != nil {
			t.Errorf("entry %d shows before its sync, %v", last, err)
		}
		var log raft.Log
		if err := a.GetLog(1, &log); !errors.Is(err, raft.ErrLogNotFound) {
			t.Errorf("an entry is read before its sync: %v", err)
		}
		release()
		must(t, errors.Join(<-done, <-done))
		must(t, a.GetLog(3, &log))
		must(t, l.Close())
	})
}

// TestFullQueue: writers wait while too much is queued, and no frame is larger than it
// should be.
func TestFullQueue(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		d := platter.New(1)
		l := begin(t, d, Options{SegmentBytes: 1 << 20, FlushBytes: 4 << 10, QueueBytes: 8 << 10})
		g := openGroup(t, l, 1)
		release := d.Stall()
		var queued atomic.Int32
		var wait sync.WaitGroup
		wait.Go(func() {
			for i := range uint64(40) {
				ticket, err := g.Enqueue([]*raft.Log{{Index: i + 1, Term: 1, Data: make([]byte, 1000)}})
				if err != nil {
					t.Error(err)
					return
				}
				queued.Add(1)
				wait.Go(func() { must(t, ticket.Wait()) })
			}
		})
		synctest.Wait()
		if n := queued.Load(); n < 8 || n > 13 { // the queue, and the frame under way
			t.Errorf("%d entries of 1 kB were queued; the queue holds 8 kB", n)
		}
		if g.Queued() == 0 || g.Durable() != 0 {
			t.Errorf("queued %d, durable %d", g.Queued(), g.Durable())
		}
		release()
		wait.Wait()
		if g.Durable() != 40 {
			t.Errorf("durable %d, want 40", g.Durable())
		}
		must(t, l.Close())
	})
}

// TestSecondUser: one process at a time has the log, and one user a group.
func TestSecondUser(t *testing.T) {
	d := platter.New(1)
	l := begin(t, d, tiny())
	if _, err := Open(d.FS(), tiny()); !errors.Is(err, disk.ErrInUse) {
		t.Errorf("second Open: %v", err)
	}
	g := openGroup(t, l, 1)
	if _, err := l.Group(1); !errors.Is(err, disk.ErrInUse) {
		t.Errorf("second Group: %v", err)
	}
	if err := l.Forget(1); !errors.Is(err, disk.ErrInUse) {
		t.Errorf("Forget of an open group: %v", err)
	}
	must(t, g.Close())
	if err := g.StoreLog(entries(1, 1)[0]); err == nil {
		t.Error("a closed group takes entries")
	}
	must(t, openGroup(t, l, 1).Close())
	must(t, l.Close())
}

func begin(t testing.TB, d *platter.Disk, o Options) *Log {
	t.Helper()
	l, err := Open(d.FS(), o)
	must(t, err)
	return l
}

func openGroup(t testing.TB, l *Log, id uint32) *Group {
	t.Helper()
	g, err := l.Group(id)
	must(t, err)
	return g
}

func entries(low, high uint64) []*raft.Log {
	var logs []*raft.Log
	for i := low; i <= high; i++ {
		logs = append(logs, &raft.Log{Index: i, Term: 1, Data: []byte("entry")})
	}
	return logs
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
