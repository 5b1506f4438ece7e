package logstore

import (
	"errors"
	"testing"
	"time"

	"github.com/hashicorp/raft"

	"roster/internal/bubble"
)

// faulty fails or waits where a test says so.
type faulty struct {
	Store
	calls int
	fail  error
	gate  chan struct{}
}

func (f *faulty) StoreLogs(logs []*raft.Log) error {
	f.calls++
	if f.gate != nil {
		<-f.gate
	}
	if f.fail != nil {
		return f.fail
	}
	return f.Store.StoreLogs(logs)
}

func TestFirstErrorIsFinal(t *testing.T) {
	disk := errors.New("input/output error")
	below := &faulty{Store: newMemory(), fail: disk}
	var told []error
	w := Watch(below, Options{OnFault: func(err error) { told = append(told, err) }})
	if err := w.StoreLogs(logs(1, 1, 1)); !errors.Is(err, disk) {
		t.Fatalf("StoreLogs: %v", err)
	}
	below.fail = nil
	var log raft.Log
	for name, err := range map[string]error{
		"StoreLogs": w.StoreLogs(logs(1, 1, 1)),
		"Set":       w.Set([]byte("k"), nil),
		"GetLog":    w.GetLog(1, &log),
		"Delete":    w.DeleteRange(1, 1),
	} {
		if !errors.Is(err, disk) {
			t.Errorf("%s after the fault: %v", name, err)
		}
	}
	if len(told) != 1 || below.calls != 1 {
		t.Errorf("told %d times, %d calls reached the store; want 1 and 1", len(told), below.calls)
	}
}

func TestMissingIsNoFault(t *testing.T) {
	w := Watch(newMemory(), Options{})
	var log raft.Log
	if err := w.GetLog(3, &log); !errors.Is(err, raft.ErrLogNotFound) || w.Fault() != nil {
		t.Errorf("GetLog: %v, fault %v", err, w.Fault())
	}
	if _, err := w.Get([]byte("k")); !errors.Is(err, ErrNotFound) || w.Fault() != nil {
		t.Errorf("Get: %v, fault %v", err, w.Fault())
	}
}

// TestEveryFlippedBitIsSeen damages each part of a stored entry in turn.
func TestEveryFlippedBitIsSeen(t *testing.T) {
	for name, damage := range map[string]func(*raft.Log){
		"data":     func(l *raft.Log) { l.Data = []byte("1/2") },
		"term":     func(l *raft.Log) { l.Term ^= 1 },
		"type":     func(l *raft.Log) { l.Type = raft.LogNoop },
		"seal":     func(l *raft.Log) { l.Extensions = append([]byte{}, l.Extensions...); l.Extensions[2] ^= 4 },
		"no seal":  func(l *raft.Log) { l.Extensions = nil },
		"position": func(l *raft.Log) { l.Index = 2 },
	} {
		t.Run(name, func(t *testing.T) {
			below := newMemory()
			w := Watch(below, Options{})
			must(t, w.StoreLogs(logs(1, 1, 1)))
			damage(&below.mu.logs[0])
			var log raft.Log
			err := w.GetLog(below.mu.logs[0].Index, &log)
			if !errors.Is(err, ErrCorrupt) || !errors.Is(w.Fault(), ErrCorrupt) {
				t.Errorf("GetLog: %v, fault %v", err, w.Fault())
			}
		})
	}
}

func TestSealTravels(t *testing.T) {
	leader, follower := Watch(newMemory(), Options{}), Watch(newMemory(), Options{})
	entry := logs(1, 1, 1)[0]
	must(t, leader.StoreLog(entry))
	if entry.Extensions != nil {
		t.Error("StoreLogs changed the caller's entry")
	}
	var sent raft.Log
	must(t, leader.GetLog(1, &sent))
	must(t, follower.StoreLog(&sent))
	sent.Data = []byte("damaged on the way")
	if err := Watch(newMemory(), Options{}).StoreLog(&sent); !errors.Is(err, ErrCorrupt) {
		t.Errorf("a damaged entry was stored: %v", err)
	}
}

func TestStallShows(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		below := &faulty{Store: newMemory(), gate: make(chan struct{})}
		var took time.Duration
		w := Watch(below, Options{Observe: func(_ string, d time.Duration) { took = d }})
		done := make(chan error)
		go func() { done <- w.StoreLogs(logs(1, 1, 1)) }()
		<-time.After(3 * time.Second)
		if got := w.Stalled(); got != 3*time.Second {
			t.Errorf("stalled for %v, want 3s", got)
		}
		close(below.gate)
		must(t, <-done)
		if w.Stalled() != 0 || took != 3*time.Second {
			t.Errorf("after the write: stalled %v, took %v", w.Stalled(), took)
		}
	})
}
