package wal

import (
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/hashicorp/raft"

	"roster/internal/bubble"
	"roster/internal/platter"
	"roster/shard/logstore/wal/format"
)

// TestSpaceIsBounded: a group that writes a lot and deletes it again, beside one that
// wrote a little long ago: the files stay near twice what lives, and what is idle stays
// too, also over a restart.
func TestSpaceIsBounded(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		d := platter.New(1)
		o := Options{SegmentBytes: 16 << 10, FlushBytes: 4 << 10, CacheBytes: 8 << 10}
		l := begin(t, d, o)
		idle, busy := openGroup(t, l, 1), openGroup(t, l, 2)
		must(t, idle.Set([]byte("CurrentTerm"), []byte("old")))
		must(t, idle.StoreLogs(entries(1, 30)))
		most := int64(0)
		for i := uint64(1); i <= 8000; i++ {
			must(t, busy.StoreLog(&raft.Log{Index: i, Term: 1, Data: []byte(fmt.Sprintf("%200d", i))}))
			if i%100 == 0 {
				must(t, busy.DeleteRange(1, i-50))
				synctest.Wait()
				size := l.Size()
				if limit := 2*size.Live + (slackSegments+sparesMax+2)*int64(o.SegmentBytes); d.Used() > limit+2*format.Sector {
					t.Fatalf("after %d entries: %d bytes in use, %d live", i, d.Used(), size.Live)
				}
				most = max(most, d.Used())
			}
		}
		if tail := l.tail().seq; tail < 100 || most > 20*int64(o.SegmentBytes) {
			t.Errorf("segment %d, at most %d bytes: the test says nothing", tail, most)
		}
		must(t, l.Close())
		d.PowerCut()
		l = begin(t, d, o)
		idle, busy = openGroup(t, l, 1), openGroup(t, l, 2)
		wantRange(t, idle, 1, 30)
		wantRange(t, busy, 7951, 8000)
		if old, ok, err := idle.Get([]byte("CurrentTerm")); string(old) != "old" || !ok || err != nil {
			t.Errorf("value %q, %v, %v", old, ok, err)
		}
		must(t, busy.Close())
		must(t, l.Forget(2))
		must(t, idle.DeleteRange(1, 30))
		synctest.Wait()
		if s := l.Size(); s.Segments != 1 || s.Live != 0 {
			t.Errorf("nothing lives: %+v", s)
		}
		must(t, l.Close())
	})
}

func wantRange(t *testing.T, g *Group, first, last uint64) {
	t.Helper()
	low, err := g.FirstIndex()
	must(t, err)
	high, err := g.LastIndex()
	must(t, err)
	if low != first || high != last {
		t.Errorf("entries %d to %d, want %d to %d", low, high, first, last)
	}
	for i := first; i <= last; i++ {
		var log raft.Log
		must(t, g.GetLog(i, &log))
	}
}

// TestFilesAreReused: in a steady state no file is made any more.
func TestFilesAreReused(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		d := platter.New(1)
		l := begin(t, d, Options{SegmentBytes: 16 << 10, FlushBytes: 4 << 10})
		g := openGroup(t, l, 1)
		write := func(from, to uint64) {
			for i := from; i <= to; i++ {
				must(t, g.StoreLog(&raft.Log{Index: i, Term: 1, Data: make([]byte, 900)}))
				if i%10 == 0 {
					must(t, g.DeleteRange(1, i-1))
					synctest.Wait()
				}
			}
		}
		write(1, 200)
		made, segments := d.Made(), l.tail().seq
		write(201, 1000)
		if d.Made() != made || l.tail().seq < segments+20 {
			t.Errorf("%d files were made for %d segments", d.Made()-made, l.tail().seq-segments)
		}
		must(t, l.Close())
	})
}

// TestVoteIsOneWrite: two calls, one frame; and half a vote is none after a restart.
func TestVoteIsOneWrite(t *testing.T) {
	d := platter.New(1)
	l := begin(t, d, Options{SegmentBytes: 64 << 10})
	g := openGroup(t, l, 1)
	frames := func() uint64 { return l.commit.number }
	before := frames()
	must(t, g.Set([]byte(voteTerm), []byte("7")))
	if term, ok, err := g.Get([]byte(voteTerm)); string(term) != "7" || !ok || err != nil || frames() != before {
		t.Errorf("half a vote: term %q, %v, %v, %d frames", term, ok, err, frames()-before)
	}
	must(t, g.Set([]byte(voteCandidate), []byte("n1")))
	if frames() != before+1 {
		t.Errorf("a vote took %d frames, want 1", frames()-before)
	}
	must(t, g.Set([]byte(voteCandidate), []byte("n1")))
	if frames() != before+1 {
		t.Error("a value that was there already was written again")
	}
	must(t, g.Set([]byte(voteTerm), []byte("8")))
	must(t, l.Close())
	l = begin(t, d, Options{SegmentBytes: 64 << 10})
	defer l.Close()
	g = openGroup(t, l, 1)
	term, _, err := g.Get([]byte(voteTerm))
	must(t, err)
	if candidate, _, err := g.Get([]byte(voteCandidate)); string(term) != "7" || string(candidate) != "n1" || err != nil {
		t.Errorf("after a restart: term %q, candidate %q, %v; want the last whole vote", term, candidate, err)
	}
}

// TestGroupsShareSyncs: what queues up while the disk syncs goes with the next sync.
func TestGroupsShareSyncs(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		d := platter.New(1)
		l := begin(t, d, Options{SegmentBytes: 64 << 10})
		var groups []*Group
		for id := range uint32(16) {
			groups = append(groups, openGroup(t, l, id))
		}
		before, release := l.commit.number, d.Stall()
		for _, g := range groups {
			go func() {
				if err := g.StoreLogs(entries(1, 5)); err != nil {
					t.Error(err)
				}
			}()
		}
		synctest.Wait()
		release()
		synctest.Wait()
		if n := l.commit.number - before; n > 2 {
			t.Errorf("16 groups took %d frames, want 1 that stalled and 1 for the rest", n)
		}
		must(t, l.Close())
	})
}

// TestChain: the same calls give the same chain, others do not, and it goes on after a
// restart.
func TestChain(t *testing.T) {
	chain := func(restart bool, term uint64) uint64 {
		d := platter.New(1)
		l := begin(t, d, tiny())
		g := openGroup(t, l, 1)
		for i := uint64(1); i < 60; i++ {
			must(t, g.StoreLog(&raft.Log{Index: i, Term: term, Data: []byte("x")}))
			if i == 40 && restart {
				must(t, l.Close())
				l = begin(t, d, tiny())
				g = openGroup(t, l, 1)
			}
		}
		must(t, l.Close())
		return g.Chain()
	}
	if a, b := chain(false, 1), chain(true, 1); a != b || a == 0 {
		t.Errorf("chain %x, with a restart %x", a, b)
	}
	if chain(false, 1) == chain(false, 2) {
		t.Error("the chain does not see a term")
	}
}
