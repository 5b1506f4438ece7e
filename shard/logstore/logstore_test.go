package logstore

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/hashicorp/raft"
	"pgregory.net/rapid"
)

func open(t testing.TB, kind Kind, dir string) Store {
	t.Helper()
	s, err := Open(kind, dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestConformance holds every kind, bare and watched, to the same behaviour.
func TestConformance(t *testing.T) {
	for _, kind := range Kinds {
		for name, wrap := range map[string]func(Store) Store{
			"bare":    func(s Store) Store { return s },
			"watched": func(s Store) Store { return Watch(s, Options{}) },
		} {
			t.Run(fmt.Sprintf("%s/%s", kind, name), func(t *testing.T) {
				for name, check := range map[string]func(*testing.T, Store){
					"empty": checkEmpty, "log": checkLog, "stable": checkStable, "ranges": checkRanges,
				} {
					t.Run(name, func(t *testing.T) {
						s := wrap(open(t, kind, t.TempDir()))
						defer s.Close()
						check(t, s)
					})
				}
			})
		}
	}
}

func checkEmpty(t *testing.T, s Store) {
	wantBounds(t, s, 0, 0)
	var log raft.Log
	if err := s.GetLog(1, &log); !errors.Is(err, raft.ErrLogNotFound) {
		t.Errorf("GetLog of nothing: %v", err)
	}
	if _, err := s.Get([]byte("k")); err == nil || err.Error() != "not found" {
		t.Errorf("Get of nothing: %v; Raft looks for the text \"not found\"", err)
	}
	if _, err := s.GetUint64([]byte("k")); err == nil || err.Error() != "not found" {
		t.Errorf("GetUint64 of nothing: %v", err)
	}
	if err := s.DeleteRange(1, 10); err != nil {
		t.Errorf("DeleteRange of nothing: %v", err)
	}
}

func checkLog(t *testing.T, s Store) {
	must(t, s.StoreLogs(logs(5, 9, 1)))
	must(t, s.StoreLog(logs(10, 10, 1)[0]))
	wantBounds(t, s, 5, 10)
	must(t, s.StoreLogs(logs(7, 8, 2)))
	var log raft.Log
	must(t, s.GetLog(8, &log))
	if log.Term != 2 || string(log.Data) != "8/2" || log.Type != raft.LogCommand {
		t.Errorf("entry 8 after overwriting: %+v", log)
	}
	must(t, s.StoreLogs(logs(20, 21, 3)))
	wantBounds(t, s, 5, 21)
	if err := s.GetLog(15, &log); !errors.Is(err, raft.ErrLogNotFound) {
		t.Errorf("GetLog in a gap: %v", err)
	}
	must(t, s.DeleteRange(9, 7))
	wantBounds(t, s, 5, 21)
}

func checkStable(t *testing.T, s Store) {
	must(t, s.Set([]byte("vote"), []byte("n1")))
	must(t, s.Set([]byte("vote"), []byte("n2")))
	must(t, s.SetUint64([]byte("term"), 1<<40))
	vote, err := s.Get([]byte("vote"))
	if err != nil || !bytes.Equal(vote, []byte("n2")) {
		t.Errorf("vote %q, %v", vote, err)
	}
	if term, err := s.GetUint64([]byte("term")); err != nil || term != 1<<40 {
		t.Errorf("term %d, %v", term, err)
	}
}

// checkRanges compares random stores and deletions with a map: the cursor that
// bbolt deletes under is known to skip keys in other uses.
func checkRanges(t *testing.T, s Store) {
	model := map[uint64]uint64{} // index -> term
	rapid.Check(t, func(r *rapid.T) {
		low := rapid.Uint64Range(1, 300).Draw(r, "low")
		high := low + rapid.Uint64Range(0, 120).Draw(r, "span")
		if rapid.Bool().Draw(r, "store") {
			term := rapid.Uint64Range(1, 9).Draw(r, "term")
			must(t, s.StoreLogs(logs(low, high, term)))
			for i := low; i <= high; i++ {
				model[i] = term
			}
		} else {
			must(t, s.DeleteRange(low, high))
			maps.DeleteFunc(model, func(i, _ uint64) bool { return i >= low && i <= high })
		}
		wantModel(t, s, model)
	})
}

func wantModel(t *testing.T, s Store, model map[uint64]uint64) {
	t.Helper()
	var first, last uint64
	if len(model) > 0 {
		keys := slices.Sorted(maps.Keys(model))
		first, last = keys[0], keys[len(keys)-1]
	}
	wantBounds(t, s, first, last)
	for i := uint64(1); i <= 430; i++ {
		var log raft.Log
		err := s.GetLog(i, &log)
		term, ok := model[i]
		switch {
		case !ok && !errors.Is(err, raft.ErrLogNotFound):
			t.Fatalf("index %d is gone, but GetLog: %v", i, err)
		case ok && (err != nil || log.Index != i || log.Term != term):
			t.Fatalf("index %d: got %d/%d, %v; want term %d", i, log.Index, log.Term, err, term)
		}
	}
}

func TestBoltReopens(t *testing.T) {
	dir := t.TempDir()
	s := Watch(open(t, Bolt, dir), Options{})
	must(t, s.StoreLogs(logs(1, 50, 1)))
	must(t, s.DeleteRange(40, 50))
	must(t, s.SetUint64([]byte("term"), 7))
	must(t, s.Close())

	s = Watch(open(t, Bolt, dir), Options{})
	defer s.Close()
	wantBounds(t, s, 1, 39)
	var log raft.Log
	must(t, s.GetLog(39, &log))
	if term, err := s.GetUint64([]byte("term")); err != nil || term != 7 {
		t.Errorf("term %d, %v", term, err)
	}
}

func TestBoltRefusesASecondUser(t *testing.T) {
	dir := t.TempDir()
	defer open(t, Bolt, dir).Close()
	if _, err := Open(Bolt, dir); !errors.Is(err, ErrInUse) {
		t.Errorf("second Open: %v, want ErrInUse", err)
	}
}

func TestUnknownKind(t *testing.T) {
	if _, err := Open("tape", t.TempDir()); err == nil {
		t.Error("Open took an unknown kind")
	}
}

func logs(low, high, term uint64) []*raft.Log {
	var out []*raft.Log
	for i := low; i <= high; i++ {
		out = append(out, &raft.Log{Index: i, Term: term, Type: raft.LogCommand, Data: fmt.Appendf(nil, "%d/%d", i, term)})
	}
	return out
}

func wantBounds(t *testing.T, s Store, first, last uint64) {
	t.Helper()
	low, err := s.FirstIndex()
	must(t, err)
	high, err := s.LastIndex()
	must(t, err)
	if low != first || high != last {
		t.Fatalf("log is %d to %d, want %d to %d", low, high, first, last)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
