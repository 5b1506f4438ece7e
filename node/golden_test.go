package node_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"roster"
	"roster/backup"
	"roster/node"
	"roster/node/seed"
	"roster/shard/logstore/disk"
	"roster/shard/logstore/wal"
)

var rewrite = flag.Bool("rewrite", false, "make the golden data directories anew")

// golden are the stores of which a data directory is kept, as a node of format 1 left it,
// with what its agents look like. One of them began with an archive, and so with snapshots.
var golden = map[string]string{"shared": "shared", "bolt": "bolt", "restored": "bolt"}

// TestGoldenDirectories opens data directories that earlier builds have written, and finds
// in them what was there.
func TestGoldenDirectories(t *testing.T) {
	for name, store := range golden {
		t.Run(name, func(t *testing.T) {
			packed, roll := "testdata/v1-"+name+".tar.gz", "testdata/v1-"+name+".json"
			if *rewrite {
				dir := filepath.Join(t.TempDir(), "n")
				if name == "restored" {
					restore(t, dir, store)
				} else {
					furnish(t, dir, store)
				}
				must(t, pack(dir, packed))
				n := onDirectory(t, dir, store)
				must(t, os.WriteFile(roll, agentsOf(t, n), 0o644))
			}
			want, err := os.ReadFile(roll)
			must(t, err)
			n := onDirectory(t, unpack(t, packed), store)
			if got := agentsOf(t, n); !bytes.Equal(got, want) {
				t.Errorf("got %s\nwant %s", got, want)
			}
			change, _, err := n.Register(t.Context(), roster.Register{Agent: roster.Agent{ID: "demo/new"}})
			if err != nil || change.Outcome != roster.OutcomeCreated {
				t.Errorf("it takes no writes: %+v, %v", change, err)
			}
		})
	}
}

// onDirectory starts a node on a directory and waits until it serves.
func onDirectory(t *testing.T, dir, store string) *node.Node {
	t.Helper()
	n := open(t, node.Config{Name: "golden", DataDir: dir, Store: store, Expect: 1, Shards: 2})
	awaitReady(t, n)
	return n
}

// furnish makes a directory with something of everything. The segments of its log are
// small, which a log keeps for its life.
func furnish(t *testing.T, dir, store string) {
	t.Helper()
	if store == "shared" {
		must(t, os.MkdirAll(filepath.Join(dir, "log"), 0o700))
		files, err := disk.OS(filepath.Join(dir, "log"))
		must(t, err)
		log, err := wal.Open(files, wal.Options{SegmentBytes: 64 << 10, FlushBytes: 16 << 10})
		must(t, err)
		must(t, log.Close())
	}
	n, err := node.Open(t.Context(), node.Config{Cluster: "test", Key: make([]byte, node.KeyBytes), Bind: "127.0.0.1:0", Name: "golden", DataDir: dir, Store: store, Expect: 1, Shards: 2})
	must(t, err)
	awaitReady(t, n)
	_, _, err = n.Do(t.Context(), roster.OpenSession{ID: "demo~s", TTL: roster.Duration(24 * time.Hour)})
	must(t, err)
	for i := range 6 {
		agent := roster.Agent{ID: roster.AgentID(fmt.Sprintf("demo/a%d", i)), Description: "plans and translates", Capabilities: []roster.Capability{{Name: "plan", Version: "1.0"}}}
		if i > 3 {
			agent.Session = "demo~s"
		}
		_, _, err := n.Register(t.Context(), roster.Register{Agent: agent})
		must(t, err)
	}
	_, _, err = n.Deregister(t.Context(), roster.Deregister{ID: "demo/a3"})
	must(t, err)
	_, _, err = n.CreateToken(t.Context(), roster.NewToken{Name: "ci", Rules: []string{"read"}})
	must(t, err)
	must(t, n.Close(context.Background()))
}

// restore makes a directory out of the archive of another, and goes on in it.
func restore(t *testing.T, dir, store string) {
	t.Helper()
	old := filepath.Join(t.TempDir(), "old")
	furnish(t, old, store)
	var b bytes.Buffer
	must(t, onDirectory(t, old, store).Backup(t.Context(), &b))
	a, err := backup.Read(bytes.NewReader(b.Bytes()), int64(b.Len()))
	must(t, err)
	_, err = seed.Restore(seed.Config{Dir: dir, Name: "golden", NewKey: true, Store: store}, a)
	must(t, err)
	n, err := node.Open(t.Context(), node.Config{Cluster: "test", Key: make([]byte, node.KeyBytes), Bind: "127.0.0.1:0", Name: "golden", DataDir: dir, Store: store, Expect: 1, Shards: 2})
	must(t, err)
	awaitReady(t, n)
	_, _, err = n.Register(t.Context(), roster.Register{Agent: roster.Agent{ID: "demo/since", Description: "came after"}})
	must(t, err)
	must(t, n.Close(context.Background()))
}

func agentsOf(t *testing.T, n *node.Node) []byte {
	t.Helper()
	page, err := n.Find(t.Context(), roster.Query{AnyHealth: true, Limit: 100, Read: roster.Read{Level: roster.ReadLinearizable}})
	must(t, err)
	out, err := json.MarshalIndent(page.Agents, "", " ")
	must(t, err)
	return append(out, '\n')
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// pack writes a directory as one file.
func pack(dir, file string) error {
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	out := tar.NewWriter(zip)
	err := errors.Join(out.AddFS(os.DirFS(dir)), out.Close(), zip.Close())
	if err != nil {
		return err
	}
	return os.WriteFile(file, b.Bytes(), 0o644)
}

// unpack returns a directory that is what was packed.
func unpack(t *testing.T, file string) string {
	t.Helper()
	f, err := os.Open(file)
	must(t, err)
	defer f.Close()
	zip, err := gzip.NewReader(f)
	must(t, err)
	dir := t.TempDir()
	for in := tar.NewReader(zip); ; {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return dir
		}
		must(t, err)
		path := filepath.Join(dir, filepath.FromSlash(h.Name))
		if h.Typeflag == tar.TypeDir {
			must(t, os.MkdirAll(path, 0o700))
			continue
		}
		must(t, os.MkdirAll(filepath.Dir(path), 0o700))
		body, err := io.ReadAll(in)
		must(t, err)
		must(t, os.WriteFile(path, body, 0o600))
	}
}

// TestNewerDirectoriesAreRefused: each file of a directory that a later build may write in
// another format stops the start, says so, and stays as it is.
func TestNewerDirectoriesAreRefused(t *testing.T) {
	edit := func(pattern string, change func([]byte) []byte) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			found, err := filepath.Glob(filepath.Join(dir, pattern))
			must(t, err)
			if len(found) == 0 {
				t.Fatalf("there is no %s", pattern)
			}
			for _, path := range found {
				body, err := os.ReadFile(path)
				must(t, err)
				must(t, os.WriteFile(path, change(body), 0o600))
			}
		}
	}
	for name, c := range map[string]struct {
		change func(*testing.T, string)
		says   string
	}{
		"node.json": {edit("node.json", func(b []byte) []byte { return bytes.Replace(b, []byte(`"format": 1`), []byte(`"format": 2`), 1) }), "has format 2 and this build reads up to 1"},
		"log":       {edit("log/*.log", newerHeader), "log format 2: this program reads format 1"},
		"store":     {edit("shards/*/store", func([]byte) []byte { return []byte("tape\n") }), "want bolt or shared"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := unpack(t, "testdata/v1-shared.tar.gz")
			c.change(t, dir)
			before := sizes(t, dir)
			_, err := node.Open(t.Context(), node.Config{Cluster: "test", Key: make([]byte, node.KeyBytes), Bind: "127.0.0.1:0", Name: "golden", DataDir: dir, Expect: 1, Shards: 2})
			if roster.CodeOf(err) != roster.CodeInvalid || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v does not say %q", err, c.says)
			}
			if after := sizes(t, dir); after != before {
				t.Errorf("it was changed:\n%s\nbefore\n%s", after, before)
			}
		})
	}
}

// newerHeader makes a segment one of format 2: its version, and the checksum of its head.
func newerHeader(b []byte) []byte {
	const head = 40
	binary.LittleEndian.PutUint32(b[8:], 2)
	binary.LittleEndian.PutUint32(b[head:], crc32.Checksum(b[:head], crc32.MakeTable(crc32.Castagnoli)))
	return b
}

// sizes lists the files of a directory, but for its lock.
func sizes(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	must(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && entry.Name() != "lock" {
			stat, fault := entry.Info()
			err = fault
			fmt.Fprintln(&b, strings.TrimPrefix(path, dir), stat.Size())
		}
		return err
	}))
	return b.String()
}
