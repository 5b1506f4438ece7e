package processes

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"roster"
)

const (
	exitConfig = 78
	nobody     = 65534
)

// contents maps every file below dir to a hash of what is in it.
func (s *site) contents(dir string) map[string]string {
	s.Helper()
	files := make(map[string]string)
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		files[path] = fmt.Sprintf("%x", sha256.Sum256(raw))
		return err
	})
	if err != nil && !os.IsNotExist(err) {
		s.Fatal(err)
	}
	return files
}

// refused starts a node that must refuse to: soon, with the exit status of a
// configuration, in words, and leaving its directory as it was.
func (m *member) refused(words ...string) {
	m.Helper()
	before := m.contents(m.dir)
	m.start()
	status := m.ends(m.process, refuseWithin)
	if status != exitConfig {
		m.Errorf("exits with %d, want %d:\n%s", status, exitConfig, m.process.output())
	}
	m.says(m.name, m.process.output(), words...)
	// A new directory may have been given to a node; one that was there is as it was.
	if after := m.contents(m.dir); len(before) > 0 && !maps.Equal(before, after) {
		m.Errorf("the directory changed from %v to %v", before, after)
	}
}

// TestRefusedSettings gives a node settings that it must not start with. No data
// directory may come of it.
func TestRefusedSettings(t *testing.T) {
	s := newSite(t)
	taken, err := net.Listen("tcp", s.freeAddress())
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	file := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(s.dir, name)
		s.write(path, text, mode)
		return path
	}
	key, err := os.ReadFile(s.key)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		spoil func(m *member)
		words []string
	}{
		"no key":           {func(m *member) { m.key = "" }, []string{"no key", "roster keygen", "--key-file"}},
		"missing key file": {func(m *member) { m.key = filepath.Join(s.dir, "nowhere") }, []string{"key-file", "nowhere", "no such file"}},
		"short key": {func(m *member) { m.key = file("short", base64.StdEncoding.EncodeToString([]byte("short")), 0o600) },
			[]string{"5 bytes", "want 32", "roster keygen"}},
		"garbled key":      {func(m *member) { m.key = file("garbled", "not a key!", 0o600) }, []string{"not base64", "roster keygen"}},
		"key for all":      {func(m *member) { m.key = file("open", string(key), 0o644) }, []string{"can be read by everybody", "chmod 600"}},
		"http port in use": {func(m *member) { m.http = taken.Addr().String() }, []string{"in use", "--http"}},
		"bind port in use": {func(m *member) { m.bind = taken.Addr().String() }, []string{"in use", "--bind"}},
		"open http":        {func(m *member) { m.http = "0.0.0.0:0" }, []string{"open beyond this machine", "--insecure"}},
		"open bind":        {func(m *member) { m.bind = "0.0.0.0:0" }, []string{"open beyond this machine", "--insecure"}},
		"unknown config key": {func(m *member) { m.more = []string{"--config", file("config.yaml", "data_dri: x\n", 0o600)} },
			[]string{"unknown setting", "data_dri", "line 1", "did you mean data_dir"}},
		"no data directory": {func(m *member) { m.dir = "" }, []string{"no data directory", "durability none"}},
		"bad name":          {func(m *member) { m.more = []string{"--name", "Not A Name"} }, []string{"node name", "want 1 to 40"}},
	} {
		t.Run(name, func(t *testing.T) {
			at := *s
			at.T = t
			m := at.member("solo")
			dir := m.dir
			test.spoil(m)
			m.refused(test.words...)
			if _, err := os.Stat(filepath.Join(dir, "shards")); err == nil {
				t.Errorf("%s was made", dir)
			}
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestRefusedDirectory gives nodes directories that are not theirs to use.
func TestRefusedDirectory(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	n := s.member("solo")
	n.start()
	s.ready(n)
	s.enter(s.client(n), "directory/one")

	second := s.member("second")
	second.dir = n.dir
	second.start()
	if status := s.ends(second.process, refuseWithin); status != exitConfig {
		t.Errorf("a second process on one directory exits with %d", status)
	}
	s.says("the second process", second.process.output(), "in use by another process", "--data-dir")
	s.enter(s.client(n), "directory/two") // the first one does not care
	n.kill()

	foreign := *n
	foreign.name, foreign.cluster = "foreign", "other"
	foreign.refused(`belongs to cluster "lab", not "other"`, "--cluster", "--data-dir")

	lax := *n
	lax.name, lax.more = "lax", []string{"--durability", "none"}
	lax.start() // it uses no directory, so it must not touch the one it is given
	before := s.contents(n.dir)
	s.ready(&lax)
	lax.kill()
	if after := s.contents(n.dir); !maps.Equal(before, after) {
		t.Error("a node without durability changed the directory")
	}

	identity := filepath.Join(n.dir, "node.json")
	whole, err := os.ReadFile(identity)
	if err != nil {
		t.Fatal(err)
	}
	newer := *n
	newer.name = "newer"
	s.write(identity, strings.Replace(string(whole), `"format": 1`, `"format": 99`, 1), 0o600)
	newer.refused("format 99", "reads up to 1", "newer build")
	s.write(identity, string(whole[:len(whole)/2]), 0o600)
	newer.name = "torn"
	newer.refused("node.json", "not valid JSON", "restore", "empty data directory")
	s.write(identity, string(whole), 0o600)
	s.unreadable(n)

	n.start()
	s.ready(n)
	for _, id := range []roster.AgentID{"directory/one", "directory/two"} {
		if _, _, err := s.client(n).Lookup(s.soon(), id, roster.Read{}); err != nil {
			t.Errorf("after all that: %v", err)
		}
	}
}

// unreadable starts the node as a user whom its directory does not let in.
func (s *site) unreadable(n *member) {
	s.Helper()
	stranger := *n
	stranger.name = "stranger"
	if os.Geteuid() != 0 {
		if err := os.Chmod(n.dir, 0); err != nil {
			s.Fatal(err)
		}
		stranger.start()
		status := s.ends(stranger.process, refuseWithin)
		if err := os.Chmod(n.dir, 0o700); err != nil {
			s.Fatal(err)
		}
		s.deniedWith(&stranger, status)
		return
	}
	// The user reaches the binary and the key, but not the directory.
	stranger.key = s.newKey("stranger.key")
	for _, dir := range []string{filepath.Dir(s.binary), s.dir, filepath.Dir(s.dir)} {
		if err := os.Chmod(dir, 0o755); err != nil {
			s.Fatal(err)
		}
	}
	if err := os.Chown(stranger.key, nobody, nobody); err != nil {
		s.Fatal(err)
	}
	stranger.user = &syscall.Credential{Uid: nobody, Gid: nobody}
	before := s.contents(n.dir)
	stranger.start()
	s.deniedWith(&stranger, s.ends(stranger.process, refuseWithin))
	if after := s.contents(n.dir); !maps.Equal(before, after) {
		s.Error("the directory changed")
	}
}

func (s *site) deniedWith(m *member, status int) {
	s.Helper()
	if status != exitConfig {
		s.Errorf("without permission it exits with %d, want %d", status, exitConfig)
	}
	s.says(m.name, m.process.output(), "data directory", m.dir, "permission denied")
}
