package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"roster/cmd/node/daemon"
)

func TestPortInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c := &cli{t: t, env: map[string]string{"ROSTER_KEY": daemon.DevelopmentKey, "ROSTER_DATA_DIR": filepath.Join(t.TempDir(), "d")}}
	for _, command := range []string{"dev --http " + l.Addr().String(), "node --http " + l.Addr().String()} {
		got := c.run(strings.Fields(command)...)
		if got.status != exitConfig {
			t.Errorf("%s: exit %d, want %d", command, got.status, exitConfig)
		}
		has(t, command, got.stderr, "the port is in use")
	}
}

func TestNodeRefusesItsConfiguration(t *testing.T) {
	c := &cli{t: t, env: map[string]string{"ROSTER_KEY": daemon.DevelopmentKey, "ROSTER_HTTP": "127.0.0.1:0"}}
	for command, want := range map[string]string{
		"node":                           "no data directory",
		"node --name Bad_Name":           "node name",
		"node --durability maybe":        "durability",
		"node --shards 1000":             "shards 1000",
		"node --http 0.0.0.0:0 --bind x": "configuration has 3 faults",
	} {
		got := c.run(strings.Fields(command)...)
		if got.status != exitConfig {
			t.Errorf("%s: exit %d, want %d", command, got.status, exitConfig)
		}
		has(t, command, got.stderr, want)
	}
}

func TestDevRunsAndEnds(t *testing.T) {
	c := &cli{t: t}
	status, out := c.stream("Stop with Ctrl-C", "dev", "--nodes", "1", "--shards", "2", "--http", "127.0.0.1:0")
	if status != 0 {
		t.Errorf("dev: exit %d", status)
	}
	has(t, "dev", out, "NODE", "node1-", "alive", "Status page: http://127.0.0.1:", "agents find --addr 127.0.0.1:", "agents watch")
}

func TestKeygen(t *testing.T) {
	c := &cli{t: t}
	one, two := c.ok("keygen"), c.ok("keygen")
	if key, err := daemon.ParseKey(one); err != nil || len(key) != daemon.KeyBytes || one == two {
		t.Errorf("keys %q and %q: %v", one, two, err)
	}
}

func TestKeygenToFile(t *testing.T) {
	c, name := &cli{t: t}, filepath.Join(t.TempDir(), "cluster.key")
	if out := c.ok("keygen", "--out", name); out != "" {
		t.Errorf("with --out it prints %q", out)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := daemon.ParseKey(string(text)); err != nil {
		t.Error(err)
	}
	if stat, err := os.Stat(name); err != nil || stat.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", stat.Mode(), err)
	}
	for _, bad := range []string{name, t.TempDir(), filepath.Join(name, "below"), ""} {
		if got := c.run("keygen", "--out", bad); got.status != exitUsage {
			t.Errorf("--out %q: exit %d\n%s", bad, got.status, got.stderr)
		}
	}
	if after, err := os.ReadFile(name); err != nil || string(after) != string(text) {
		t.Errorf("the key was overwritten: %v", err)
	}
}
