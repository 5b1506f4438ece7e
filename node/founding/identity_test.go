package founding

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"roster"
)

func dirConfig(t *testing.T) Config {
	return Config{Cluster: "c", Name: "n", DataDir: t.TempDir(), Durability: roster.DurabilitySync}
}

func TestIdentityIsKept(t *testing.T) {
	c := dirConfig(t)
	first, err := LoadIdentity(c)
	if err != nil {
		t.Fatal(err)
	}
	again, err := LoadIdentity(c)
	if err != nil || again.NodeID != first.NodeID {
		t.Errorf("second start is %v (%v), first was %v", again, err, first)
	}
	if !strings.HasPrefix(string(first.NodeID), "n-") || len(first.NodeID) != len("n-")+8 {
		t.Errorf("node id %q: want n- and 8 hex digits", first.NodeID)
	}
}

func TestIdentityWithoutDurabilityIsNewEachStart(t *testing.T) {
	c := Config{Name: "n", Durability: roster.DurabilityNone}
	a, errA := LoadIdentity(c)
	b, errB := LoadIdentity(c)
	if errA != nil || errB != nil || a.NodeID == b.NodeID {
		t.Errorf("%v %v %v %v", a, b, errA, errB)
	}
}

func TestDataDirectoryIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		file string
		code roster.Code
		says string
	}{
		"not JSON":         {`{"node_id"`, roster.CodeInvalid, "not valid JSON"},
		"wrong types":      {`{"format":1,"node_id":7}`, roster.CodeInvalid, "damaged"},
		"no node":          {`{"format":1,"cluster":"c","durability":"sync"}`, roster.CodeInvalid, "names no node"},
		"newer format":     {`{"format":2,"node_id":"n-1","cluster":"c"}`, roster.CodeInvalid, "newer build"},
		"another cluster":  {`{"format":1,"node_id":"n-1","cluster":"other","durability":"sync"}`, roster.CodeConflict, `cluster "other"`},
		"other durability": {`{"format":1,"node_id":"n-1","cluster":"c","durability":"none"}`, roster.CodeConflict, "durability"},
		"has left":         {`{"format":1,"node_id":"n-1","cluster":"c","durability":"sync","left":true}`, roster.CodeConflict, "empty data directory"},
	} {
		config := dirConfig(t)
		path := filepath.Join(config.DataDir, "node.json")
		if err := os.WriteFile(path, []byte(c.file), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := LoadIdentity(config)
		if roster.CodeOf(err) != c.code || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %s saying %q", name, err, c.code, c.says)
		}
		if after, err := os.ReadFile(path); err != nil || string(after) != c.file {
			t.Errorf("%s: the refused file was changed", name)
		}
	}
}

func TestDataDirectoryIsTakenOnce(t *testing.T) {
	dir := t.TempDir()
	unlock, err := LockDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := LockDir(dir); roster.CodeOf(err) != roster.CodeConflict {
		t.Errorf("second lock: %v, want Conflict", err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	if unlock, err = LockDir(dir); err != nil {
		t.Errorf("after the first let go: %v", err)
	}
	unlock()
}
