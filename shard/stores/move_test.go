package stores

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/hashicorp/raft"

	"roster/shard/logstore"
)

const shard = 3

// content is what a store should hold.
type content struct {
	logs   map[uint64]string
	values map[string]string
}

// raftlike writes to a store as Raft does, and keeps what must be there.
type raftlike struct {
	rng  *rand.Rand
	term uint64
	now  content
}

func newRaftlike(seed uint64) *raftlike {
	return &raftlike{rand.New(rand.NewPCG(seed, 0)), 1, content{map[uint64]string{}, map[string]string{}}}
}

func (r *raftlike) bounds() (first, last uint64) {
	for i := range r.now.logs { // order-free: bounds
		if first == 0 || i < first {
			first = i
		}
		last = max(last, i)
	}
	return first, last
}

func (r *raftlike) step(s logstore.Store) error {
	first, last := r.bounds()
	switch r.rng.IntN(12) {
	case 0:
		return r.cut(s, first, first+r.rng.Uint64N(max(1, (last-first)/4)))
	case 1:
		if last > first {
			return r.cut(s, last-r.rng.Uint64N(min(last-first, 5)), last)
		}
	case 2:
		r.term++
		return r.vote(s)
	case 3:
		if r.rng.IntN(10) == 0 {
			last += 7 // a gap
		}
	}
	var logs []*raft.Log
	for i := last + 1; i <= last+1+r.rng.Uint64N(20); i++ {
		logs = append(logs, &raft.Log{Index: i, Term: r.term, Data: []byte(fmt.Sprint(i, r.rng.Uint64())), Extensions: []byte{1}})
	}
	if err := s.StoreLogs(logs); err != nil {
		return err
	}
	for _, log := range logs {
		r.now.logs[log.Index] = fmt.Sprintf("%d %s", log.Term, log.Data)
	}
	return nil
}

func (r *raftlike) cut(s logstore.Store, low, high uint64) error {
	if low == 0 {
		return nil
	}
	maps.DeleteFunc(r.now.logs, func(i uint64, _ string) bool { return low <= i && i <= high })
	return s.DeleteRange(low, high)
}

func (r *raftlike) vote(s logstore.Store) error {
	for _, name := range names {
		value := []byte(fmt.Sprintf("%08d", r.term))
		if err := s.Set([]byte(name), value); err != nil {
			return err
		}
		r.now.values[name] = string(value)
	}
	return nil
}

func (r *raftlike) check(t *testing.T, s logstore.Store) {
	t.Helper()
	first, last := r.bounds()
	low, high, err := bounds(s)
	if err != nil || low != first || high != last {
		t.Fatalf("entries %d to %d, %v; want %d to %d", low, high, err, first, last)
	}
	for i := first; i <= last && last > 0; i++ {
		var log raft.Log
		err := s.GetLog(i, &log)
		want, ok := r.now.logs[i]
		if ok && (err != nil || fmt.Sprintf("%d %s", log.Term, log.Data) != want) || !ok && !errors.Is(err, raft.ErrLogNotFound) {
			t.Fatalf("entry %d: %d %s, %v; want %q", i, log.Term, log.Data, err, want)
		}
	}
	for name, want := range r.now.values { // order-free: each on its own
		if got, err := s.Get([]byte(name)); err != nil || string(got) != want {
			t.Fatalf("%s is %q, %v; want %q", name, got, err, want)
		}
	}
}

func openStores(t *testing.T, dir string, kind logstore.Kind) *Stores {
	t.Helper()
	s, err := Open(Config{Dir: dir, Kind: kind, Logger: slog.New(slog.DiscardHandler)})
	must(t, err)
	return s
}

// TestMoveWhileWriting moves a log to and fro while Raft writes to it: nothing is lost,
// also over a restart.
func TestMoveWhileWriting(t *testing.T) {
	dir := t.TempDir()
	s := openStores(t, dir, logstore.Bolt)
	m, _, err := s.Open(shard)
	must(t, err)
	r := newRaftlike(1)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		steps := 0
		for ; ctx.Err() == nil; steps++ {
			if err := r.step(m); err != nil {
				done <- err
				return
			}
		}
		if steps < 20 {
			done <- fmt.Errorf("only %d steps beside the moves", steps)
			return
		}
		done <- nil
	}()
	for _, to := range []logstore.Kind{logstore.Shared, logstore.Bolt, logstore.Shared, logstore.Bolt, logstore.Shared} {
		must(t, s.Move(t.Context(), shard, m, to))
	}
	stop()
	must(t, <-done)
	r.check(t, m)
	must(t, errors.Join(m.Close(), s.Close()))

	s = openStores(t, dir, logstore.Bolt)
	m, kind, err := s.Open(shard)
	must(t, err)
	if kind != logstore.Shared {
		t.Errorf("after the restart the log is in %s", kind)
	}
	r.check(t, m)
	must(t, errors.Join(m.Close(), s.Close()))
	if _, err := os.Stat(filepath.Join(dir, "shards", "3", "raft.db")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the old file is still there: %v", err)
	}
}

// TestCrashWhileMoving takes the disk as it is between the steps of a move, and starts
// from that: the shard has all it had, in one of the stores, and the other has nothing.
func TestCrashWhileMoving(t *testing.T) {
	for from, to := range map[logstore.Kind]logstore.Kind{logstore.Bolt: logstore.Shared, logstore.Shared: logstore.Bolt} {
		t.Run(string(from), func(t *testing.T) {
			dir := t.TempDir()
			s := openStores(t, dir, from)
			m, _, err := s.Open(shard)
			must(t, err)
			r := newRaftlike(2)
			for range 50 {
				must(t, r.step(m))
			}
			where := map[string]logstore.Kind{"begun": from, "copied": from, "recorded": to, "removed": to}
			s.step = func(step string) {
				want, ok := where[step]
				if !ok {
					t.Errorf("step %q", step)
				}
				delete(where, step)
				t.Run(step, func(t *testing.T) { startFrom(t, dir, r, want) })
			}
			must(t, s.Move(t.Context(), shard, m, to))
			if len(where) > 0 {
				t.Errorf("steps that were not taken: %v", where)
			}
			r.check(t, m)
			must(t, errors.Join(m.Close(), s.Close()))
		})
	}
}

// startFrom starts twice from a copy of dir, and moves the shard to the other store.
func startFrom(t *testing.T, dir string, r *raftlike, want logstore.Kind) {
	copied := t.TempDir()
	must(t, copyDir(copied, dir))
	for range 2 {
		s := openStores(t, copied, logstore.Bolt)
		m, kind, err := s.Open(shard)
		must(t, err)
		if kind != want {
			t.Errorf("the log is in %s, want %s", kind, want)
		}
		r.check(t, m)
		if _, err := os.Stat(filepath.Join(s.Dir(shard), "raft.db")); want == logstore.Shared && err == nil || want == logstore.Bolt && s.has(shard) {
			t.Error("the other store still has something of the shard")
		}
		must(t, errors.Join(m.Close(), s.Close()))
	}
	other := map[logstore.Kind]logstore.Kind{logstore.Bolt: logstore.Shared, logstore.Shared: logstore.Bolt}[want]
	s := openStores(t, copied, logstore.Bolt)
	m, _, err := s.Open(shard)
	must(t, err)
	must(t, s.Move(t.Context(), shard, m, other))
	r.check(t, m)
	must(t, errors.Join(m.Close(), s.Close()))
}

// TestMoveGivesUp: a move that ends early leaves the shard where it was.
func TestMoveGivesUp(t *testing.T) {
	s := openStores(t, t.TempDir(), logstore.Shared)
	m, _, err := s.Open(shard)
	must(t, err)
	r := newRaftlike(3)
	for range 20 {
		must(t, r.step(m))
	}
	ctx, cancel := context.WithCancel(t.Context())
	s.step = func(step string) { cancel() }
	if err := s.Move(ctx, shard, m, logstore.Bolt); !errors.Is(err, context.Canceled) {
		t.Errorf("Move: %v", err)
	}
	must(t, r.step(m))
	r.check(t, m)
	if kind, err := s.Kind(shard); kind != logstore.Shared || err != nil {
		t.Errorf("the log is in %s, %v", kind, err)
	}
	s.Rest()
	if err := s.Move(t.Context(), shard, m, logstore.Bolt); err == nil {
		t.Error("a move began although the node stops")
	}
	must(t, errors.Join(m.Close(), s.Close()))
}

// copyDir copies files without the zeros that a segment ends with.
func copyDir(to, from string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.MkdirAll(filepath.Join(to, name), 0o700)
		}
		return copyFile(filepath.Join(to, name), path)
	})
}

func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	defer out.Close()
	block, zeros := make([]byte, 64<<10), make([]byte, 64<<10)
	for off := int64(0); ; off += int64(len(block)) {
		n, err := in.ReadAt(block, off)
		if n > 0 && string(block[:n]) != string(zeros[:n]) {
			if _, err := out.WriteAt(block[:n], off); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return out.Truncate(off + int64(n))
		}
		if err != nil {
			return err
		}
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
