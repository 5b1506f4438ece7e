package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func open(t *testing.T, name string) *Log {
	t.Helper()
	l, err := Open(name, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// act is one act from begin to end.
func act(t *testing.T, l *Log, n int) {
	t.Helper()
	r := Record{Principal: "a1", Resource: fmt.Sprintf("POST /v1/act/%d", n), Request: fmt.Sprint(n)}
	if err := errors.Join(l.Begin(r), l.End(r)); err != nil {
		t.Fatal(err)
	}
}

// written returns the lines of a log of n acts.
func written(t *testing.T, n int) (name string, lines [][]byte) {
	t.Helper()
	name = filepath.Join(t.TempDir(), "audit.log")
	l := open(t, name)
	for i := range n {
		act(t, l, i)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return name, bytes.SplitAfter(bytes.TrimSuffix(raw, []byte("\n")), []byte("\n"))
}

// TestEveryChangeIsFound: a line that was changed, taken out, put in twice or exchanged
// breaks the chain at that place, but for the last, behind which nothing follows.
func TestEveryChangeIsFound(t *testing.T) {
	_, lines := written(t, 4)
	verify := func(lines [][]byte) (Summary, error) {
		return Verify(bytes.NewReader(append(bytes.TrimSuffix(bytes.Join(lines, nil), []byte("\n")), '\n')))
	}
	whole, err := verify(lines)
	if err != nil || whole.Lines != len(lines) {
		t.Fatalf("the whole log: %+v, %v", whole, err)
	}
	for i := range len(lines) - 1 {
		for at := range lines[i] {
			changed := slices.Clone(lines)
			changed[i] = bytes.Clone(lines[i])
			changed[i][at] ^= 1
			if _, err := verify(changed); !errors.Is(err, ErrBroken) {
				t.Errorf("byte %d of line %d: %v", at, i+1, err)
			}
		}
		for name, changed := range map[string][][]byte{
			"out":       slices.Delete(slices.Clone(lines), i, i+1),
			"twice":     slices.Insert(slices.Clone(lines), i, lines[i]),
			"exchanged": slices.Concat(lines[:i], [][]byte{append(bytes.TrimSuffix(lines[i+1], []byte("\n")), '\n'), lines[i]}, lines[i+2:]),
		} {
			if _, err := verify(changed); !errors.Is(err, ErrBroken) {
				t.Errorf("line %d %s: %v", i+1, name, err)
			}
		}
	}
	if s, err := verify(lines[:5]); err != nil || s.Last == whole.Last {
		t.Errorf("what is missing at the end is known by the last hash alone: %+v, %v", s, err)
	}
}

// TestRuns: a log goes on where it ended, also after a crash in the middle of a line, and
// not after anybody changed it.
func TestRuns(t *testing.T) {
	name, lines := written(t, 2)
	for cut := range len(lines[4]) { // of the last line
		raw := bytes.Join(lines, nil)
		if err := os.WriteFile(name, raw[:len(raw)-cut], 0o600); err != nil {
			t.Fatal(err)
		}
		l := open(t, name)
		act(t, l, 9)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		file, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		if s, err := Verify(file); err != nil || s.Lines != 8 {
			t.Errorf("%d bytes short: %+v, %v", cut, s, err)
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
	}
	changed := bytes.Replace(bytes.Join(lines, nil), []byte(`"principal":"a1"`), []byte(`"principal":"a2"`), 1)
	if err := os.WriteFile(name, changed, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(name, slog.New(slog.DiscardHandler)); !errors.Is(err, ErrBroken) {
		t.Errorf("a log that was changed goes on: %v", err)
	}
}

// TestNoLineNoAct: what cannot be kept must not begin.
func TestNoLineNoAct(t *testing.T) {
	l := open(t, filepath.Join(t.TempDir(), "audit.log"))
	if err := l.file.Close(); err != nil { // as good as a disk that fails
		t.Fatal(err)
	}
	if l.Begin(Record{}) == nil {
		t.Error("an act may begin that nobody will know of")
	}
	l.Denied(Record{}) // and nobody waits
	if l.Close() == nil {
		t.Error("the fault is not told")
	}
	var none *Log
	none.Denied(Record{})
	if err := errors.Join(none.Begin(Record{}), none.End(Record{}), none.Close()); err != nil {
		t.Error(err)
	}
}

// TestFlood: of many refusals each is counted, and few are written.
func TestFlood(t *testing.T) {
	const many = 20 * queueMax
	name := filepath.Join(t.TempDir(), "audit.log")
	l := open(t, name)
	for range many {
		l.Denied(Record{Status: 401, Resource: "GET /" + strings.Repeat("x", 10*ResourceMax)})
	}
	act(t, l, 1)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Verify(bytes.NewReader(raw)); err != nil {
		t.Error(err)
	}
	counted, lines := uint64(0), 0
	for line := range bytes.Lines(raw) {
		var r Record
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatal(err)
		}
		switch r.Event {
		case Denied:
			counted++
			lines++
		case Skipped:
			counted += r.Count
		}
	}
	if counted != many || lines > many/4 {
		t.Errorf("%d of %d refusals are counted, in %d lines", counted, many, lines)
	}
}

func FuzzVerify(f *testing.F) {
	f.Add([]byte(`{"n":1,"time":"2026-01-02T03:04:05Z","event":"opened","prev":"` + first + "\"}\n"))
	f.Add([]byte("x\n\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := Verify(bytes.NewReader(raw))
		if s.Lines > bytes.Count(raw, []byte("\n")) || err == nil && s.Torn {
			t.Errorf("%+v, %v", s, err)
		}
	})
}
