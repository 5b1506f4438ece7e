package backup_test

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"roster"
	"roster/backup"
	"roster/fsm"
)

var rewrite = flag.Bool("rewrite", false, "write the golden file anew")

// shards returns the state of a small cluster: the system shard, and shards with agents.
func shards(t *testing.T, agents ...int) []backup.Part {
	t.Helper()
	parts := make([]backup.Part, len(agents))
	for i, n := range agents {
		id := roster.ShardID(i)
		m := fsm.New(id)
		for a := range n {
			agent := roster.Agent{ID: roster.AgentID(fmt.Sprintf("demo/a%d-%d", i, a)), Description: "plans"}.Canonical()
			if result := m.Apply(roster.Entry{Shard: id, Ops: []roster.Op{{Command: roster.Register{Agent: agent}}}})[0]; result.Err != nil {
				t.Fatal(result.Err)
			}
		}
		state := m.View().Snapshot()
		parts[i] = backup.Part{Shard: backup.Shard{ID: id, Index: state.Index(), Term: 3, Agents: n}, State: state}
	}
	return parts
}

func manifest() backup.Manifest {
	return backup.Manifest{Cluster: "test", ClusterID: "0123456789abcdef", Version: "0.0.1", MapVersion: 9, Time: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)}
}

func written(t *testing.T, m backup.Manifest, parts []backup.Part) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := backup.Write(&b, m, parts); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func read(b []byte) (*backup.Archive, error) { return backup.Read(bytes.NewReader(b), int64(len(b))) }

// refuses wants an archive refused by the error that callers tell apart.
func refuses(t *testing.T, b []byte, what string, values ...any) string {
	t.Helper()
	_, err := read(b)
	if !errors.Is(err, backup.ErrArchive) || roster.CodeOf(err) != roster.CodeInvalid {
		t.Fatalf(what+": %v", append(values, err)...)
	}
	return err.Error()
}

func TestComesBackWhole(t *testing.T) {
	parts := shards(t, 0, 3, 200)
	a, err := read(written(t, manifest(), parts))
	if err != nil {
		t.Fatal(err)
	}
	if a.Agents() != 203 || a.MapVersion != 9 || a.Format != backup.Format || !a.Time.Equal(manifest().Time) || len(a.Digest) != 64 {
		t.Errorf("manifest %+v, digest %s", a.Manifest, a.Digest)
	}
	for i, p := range parts {
		m := fsm.New(p.ID)
		if err := m.Restore(a.State(p.ID)); err != nil {
			t.Fatal(err)
		}
		if m.View().Digest() != p.State.(*fsm.Snapshot).Digest() {
			t.Errorf("shard %v is not what was written", p.ID)
		}
		if s := a.Shards[i]; s.Index != p.Index || s.Term != 3 {
			t.Errorf("shard %+v", s)
		}
	}
}

// TestEveryChangeIsRefused flips a bit of every byte, and of some bytes all, and cuts the
// archive at every length: at least ten thousand changes, and none passes.
func TestEveryChangeIsRefused(t *testing.T) {
	whole := written(t, manifest(), shards(t, 0, 2))
	if _, err := read(whole); err != nil {
		t.Fatal(err) // else refusing would prove nothing
	}
	changes := 0
	for at := range whole {
		b := bytes.Clone(whole)
		b[at] ^= 1 << (at % 8)
		refuses(t, b, "bit %d of byte %d", at%8, at)
		refuses(t, whole[:at], "the first %d of %d bytes", at, len(whole))
		changes += 2
	}
	for bit := 0; changes < 10_000; bit++ {
		b := bytes.Clone(whole)
		b[bit*31%len(b)] ^= 1 << (bit / 31 % 8)
		if !bytes.Equal(b, whole) {
			refuses(t, b, "flip %d", bit)
			changes++
		}
	}
	refuses(t, append(bytes.Clone(whole), 0), "one byte more")
	refuses(t, append(bytes.Clone(whole), make([]byte, 1024)...), "two empty blocks more")
	t.Logf("%d changes to %d bytes, all refused", changes, len(whole))
}

// sealed puts entries under a seal that fits, as a faulty or ill-meaning program might.
func sealed(t *testing.T, entries ...[2]string) []byte {
	t.Helper()
	body := tarOf(t, entries...)
	sum := sha256.Sum256(body)
	end := tarOf(t, [2]string{"sha256", hex.EncodeToString(sum[:]) + "\n"})
	return append(append(body, end...), make([]byte, 1024)...)
}

// tarOf returns a tar file without its end.
func tarOf(t *testing.T, entries ...[2]string) []byte {
	t.Helper()
	var b bytes.Buffer
	out := tar.NewWriter(&b)
	for _, e := range entries {
		h := &tar.Header{Name: e[0], Mode: 0o600, Size: int64(len(e[1])), ModTime: time.Unix(0, 0), Format: tar.FormatUSTAR}
		if err := out.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(out, e[1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Flush(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestSenselessArchivesAreRefused: a seal that fits around what is no archive.
func TestSenselessArchivesAreRefused(t *testing.T) {
	sum := sha256.Sum256([]byte("state"))
	m := backup.Manifest{Format: 1, Shards: []backup.Shard{{Bytes: 5, SHA256: hex.EncodeToString(sum[:])}}}
	text := func(m backup.Manifest) string {
		b, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	state, good := [2]string{"shards/0.state", "state"}, [2]string{"manifest.json", text(m)}
	newer, fewer, other := m, m, m
	newer.Format = backup.Format + 1
	fewer.Shards = nil
	other.Shards = []backup.Shard{{Bytes: 5, SHA256: strings.Repeat("0", 64)}}
	if _, err := read(sealed(t, state, good)); err != nil {
		t.Fatalf("a good archive is refused: %v", err)
	}
	for name, c := range map[string]struct {
		entries [][2]string
		says    string
	}{
		"nothing":                 {nil, "no manifest"},
		"no manifest":             {[][2]string{state}, "no manifest"},
		"no state":                {[][2]string{{"manifest.json", text(fewer)}}, "its states are not those"},
		"a state too many":        {[][2]string{state, {"manifest.json", text(fewer)}}, "its states are not those"},
		"another state":           {[][2]string{state, {"manifest.json", text(other)}}, "its states are not those"},
		"a shard out of place":    {[][2]string{{"shards/1.state", "state"}, good}, "where shard 0 should be"},
		"a stranger":              {[][2]string{{"../../etc/passwd", "x"}, state, good}, "nothing of an archive"},
		"behind the manifest":     {[][2]string{state, good, {"shards/1.state", "x"}}, "behind its manifest"},
		"a newer format":          {[][2]string{state, {"manifest.json", text(newer)}}, "use the newer build"},
		"an unknown field":        {[][2]string{state, {"manifest.json", `{"format":1,"surprise":1}`}}, "cannot be read"},
		"no JSON":                 {[][2]string{state, {"manifest.json", "{"}}, "cannot be read"},
		"a manifest far too long": {[][2]string{state, {"manifest.json", strings.Repeat(" ", 2<<20)}}, "longer than"},
	} {
		if said := refuses(t, sealed(t, c.entries...), "%s", name); !strings.Contains(said, c.says) {
			t.Errorf("%s: %q does not say %q", name, said, c.says)
		}
	}
}

// fickle is a state that is another at each call.
type fickle struct{ calls *int }

func (f fickle) WriteTo(w io.Writer) (int64, error) {
	*f.calls++
	n, err := io.WriteString(w, strings.Repeat("x", *f.calls))
	return int64(n), err
}

type shrinking struct{ calls *int }

func (f shrinking) WriteTo(w io.Writer) (int64, error) {
	*f.calls++
	n, err := io.WriteString(w, strings.Repeat("x", 9-*f.calls))
	return int64(n), err
}

func TestAStateThatChangesIsAnError(t *testing.T) {
	for _, state := range []io.WriterTo{fickle{new(int)}, shrinking{new(int)}} {
		if err := backup.Write(io.Discard, manifest(), []backup.Part{{State: state}}); err == nil {
			t.Errorf("%T was archived", state)
		}
	}
}

// TestSave: the file appears whole or not at all, and none is overwritten.
func TestSave(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a.roster")
	whole := written(t, manifest(), shards(t, 0, 2))
	send := func(b []byte, err error) func(io.Writer) error {
		return func(w io.Writer) error {
			_, fault := w.Write(b)
			return errors.Join(fault, err)
		}
	}
	broken := errors.New("the node died")
	if _, _, err := backup.Save(file, send(whole[:900], broken)); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if _, _, err := backup.Save(file, send(whole[:900], nil)); !errors.Is(err, backup.ErrArchive) {
		t.Errorf("a part was saved: %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Fatalf("left behind: %v, %v", left, err)
	}
	m, digest, err := backup.Save(file, send(whole, nil))
	if err != nil || m.Cluster != "test" || digest == "" {
		t.Fatalf("%+v, %v", m, err)
	}
	if stat, err := os.Stat(file); err != nil || stat.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", stat, err)
	}
	if _, _, err := backup.Save(file, send(whole, nil)); roster.CodeOf(err) != roster.CodeConflict {
		t.Errorf("overwritten: %v", err)
	}
	f, err := backup.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f.Digest != digest || f.Bytes() == 0 {
		t.Errorf("opened %+v", f.Manifest)
	}
}

// TestGoldenArchive: archives that were made stay readable, and new ones have their form.
func TestGoldenArchive(t *testing.T) {
	const file = "testdata/archive.roster"
	got := written(t, manifest(), shards(t, 0, 2))
	if *rewrite {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("the format of archives changed; that wants a new version")
	}
	if _, err := read(want); err != nil {
		t.Error(err)
	}
}
