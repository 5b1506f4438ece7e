package wal

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/hashicorp/raft"

	"roster/internal/platter"
	"roster/shard/logstore/disk"
	"roster/shard/logstore/wal/format"
)

const actors = 3

// history is a node's life on one disk: it works, loses power, is killed or stops, and
// starts again, until something is wrong.
type history struct {
	disk   *platter.Disk
	rng    *rand.Rand
	wrap   func(disk.FS) disk.FS
	actors []*actor
}

func newHistory(seed uint64, wrap func(disk.FS) disk.FS) *history {
	h := &history{disk: platter.New(seed), rng: rand.New(rand.NewPCG(seed, 1)), wrap: wrap}
	for id := range uint32(actors) {
		h.actors = append(h.actors, newActor(id, seed))
	}
	return h
}

// run lives through some lives. Only errWrong and ErrCorrupt are wrong: any other error
// is the end of a life.
func (h *history) run(lives int) error {
	for life := range lives {
		if life+1 < lives && h.rng.IntN(4) > 0 {
			h.disk.CutAt(1 + h.rng.IntN(250))
		}
		if err := h.live(); errors.Is(err, errWrong) || errors.Is(err, ErrCorrupt) {
			return fmt.Errorf("life %d: %w", life, err)
		} else if err != nil && life+1 == lives {
			return fmt.Errorf("life %d: %w: %w", life, errWrong, err)
		}
		if h.rng.IntN(4) == 0 {
			h.disk.Kill()
		} else {
			h.disk.PowerCut()
		}
	}
	return nil
}

func (h *history) live() (err error) {
	l, err := Open(h.wrap(h.disk.FS()), tiny())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	groups := make([]*Group, len(h.actors))
	for i, a := range h.actors {
		if groups[i], err = l.Group(a.id); err != nil {
			return err
		}
		if err := a.verify(groups[i]); err != nil {
			return err
		}
	}
	calls := 10 + h.rng.IntN(50)
	errs := make([]error, len(h.actors))
	var wait sync.WaitGroup
	for i, a := range h.actors {
		wait.Go(func() { errs[i] = a.play(groups[i], calls) })
	}
	wait.Wait()
	if h.rng.IntN(2) == 0 && errors.Join(errs...) == nil {
		h.disk.PowerCut() // before Close gets to say goodbye
	}
	return errors.Join(errs...)
}

func honest(fs disk.FS) disk.FS { return fs }

// TestCrashes cuts the power at any call, of many histories: everything acknowledged is
// there, and nothing else but what the call that was cut off asked for.
func TestCrashes(t *testing.T) {
	seeds := uint64(1000)
	if testing.Short() {
		seeds = 100
	}
	for seed := range seeds {
		if err := newHistory(seed, honest).run(3); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
}

// liar is a disk, or a log, that leaves something out.
type liar struct {
	disk.FS
	names, content bool // are synced
}

func (f liar) Sync() error {
	if !f.names {
		return nil
	}
	return f.FS.Sync()
}

func (f liar) Open(name string) (disk.File, error) {
	file, err := f.FS.Open(name)
	return lyingFile{file, f.content}, err
}

func (f liar) Create(name string, size int64) (disk.File, error) {
	file, err := f.FS.Create(name, size)
	return lyingFile{file, f.content}, err
}

type lyingFile struct {
	disk.File
	content bool
}

func (f lyingFile) Sync() error {
	if !f.content {
		return nil
	}
	return f.File.Sync()
}

// TestCrashesFindLies shows that TestCrashes would see a missing sync.
func TestCrashesFindLies(t *testing.T) {
	for name, wrap := range map[string]func(disk.FS) disk.FS{
		"files are not synced": func(fs disk.FS) disk.FS { return liar{fs, true, false} },
		"names are not synced": func(fs disk.FS) disk.FS { return liar{fs, false, true} },
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(50) {
				if err := newHistory(seed, wrap).run(6); err != nil {
					t.Logf("found at seed %d: %.200v", seed, err)
					return
				}
			}
			t.Error("not found in 50 histories")
		})
	}
}

// TestKilledThenPowerCut: what a start finds of a frame whose sync was under way when
// the process was killed is there for good.
func TestKilledThenPowerCut(t *testing.T) {
	found := 0
	for seed := range uint64(40) {
		d := platter.New(seed)
		l := begin(t, d, tiny())
		g := openGroup(t, l, 1)
		must(t, g.StoreLogs(entries(1, 3)))
		d.CutAt(2) // the write is done, the sync is not
		if err := g.StoreLogs(entries(4, 5)); err == nil {
			t.Fatal("acknowledged without a sync")
		}
		d.Kill()
		_ = l.Close() // it is dead
		l = begin(t, d, tiny())
		last, err := openGroup(t, l, 1).LastIndex()
		must(t, err)
		d.PowerCut()
		_ = l.Close()
		l = begin(t, d, tiny())
		after, err := openGroup(t, l, 1).LastIndex()
		must(t, err)
		must(t, l.Close())
		if after != last {
			t.Fatalf("seed %d: the log ended with %d, and after a power cut with %d", seed, last, after)
		}
		if last == 5 {
			found++
		}
	}
	if found == 0 {
		t.Error("the frame never survived: the test says nothing")
	}
}

// TestMoveYields: an entry that was overwritten or deleted while the cleaner read it is
// not brought back.
func TestMoveYields(t *testing.T) {
	d := platter.New(1)
	l := begin(t, d, Options{SegmentBytes: 64 << 10, CacheBytes: 1})
	g := openGroup(t, l, 1)
	must(t, g.StoreLogs(entries(1, 6)))
	moves, bytes, _, err := g.group.movesFrom(l.tail(), 0)
	must(t, err)
	if len(moves) != 6 {
		t.Fatalf("%d moves, want 6", len(moves))
	}
	must(t, g.DeleteRange(5, 6))
	must(t, g.StoreLog(&raft.Log{Index: 3, Term: 2, Data: []byte("newer")}))
	must(t, l.write(op{group: g.group, kind: format.KindEntry, moves: moves}, bytes))
	for range 2 {
		wantRange(t, g, 1, 4)
		var log raft.Log
		must(t, g.GetLog(3, &log))
		if log.Term != 2 || string(log.Data) != "newer" {
			t.Errorf("entry 3 is %d %s again", log.Term, log.Data)
		}
		must(t, l.Close())
		l = begin(t, d, Options{SegmentBytes: 64 << 10})
		g = openGroup(t, l, 1)
	}
	must(t, l.Close())
}
