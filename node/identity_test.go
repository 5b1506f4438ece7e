package node

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"roster"
)

func dirConfig(t *testing.T) Config {
	return Config{Cluster: "c", Key: make([]byte, KeyBytes), Name: "n", DataDir: t.TempDir(), Durability: roster.DurabilitySync}
}

func TestIdentityIsKept(t *testing.T) {
	c := dirConfig(t)
	first, err := loadIdentity(c)
	if err != nil {
		t.Fatal(err)
	}
	again, err := loadIdentity(c)
	if err != nil || again.NodeID != first.NodeID {
		t.Errorf("second start is %v (%v), first was %v", again, err, first)
	}
	if !strings.HasPrefix(string(first.NodeID), "n-") || len(first.NodeID) != len("n-")+8 {
		t.Errorf("node id %q: want n- and 8 hex digits", first.NodeID)
	}
}

func TestIdentityWithoutDurabilityIsNewEachStart(t *testing.T) {
	c := Config{Name: "n", Durability: roster.DurabilityNone}
	a, errA := loadIdentity(c)
	b, errB := loadIdentity(c)
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
	} {
		config := dirConfig(t)
		path := filepath.Join(config.DataDir, "node.json")
		if err := os.WriteFile(path, []byte(c.file), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := loadIdentity(config)
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
	unlock, err := lockDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lockDir(dir); roster.CodeOf(err) != roster.CodeConflict {
		t.Errorf("second lock: %v, want Conflict", err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	if unlock, err = lockDir(dir); err != nil {
		t.Errorf("after the first let go: %v", err)
	}
	unlock()
}

func TestConfigTellsEveryFault(t *testing.T) {
	err := Config{Cluster: "a b", Name: "Ü", Expect: -1, Shards: 1000, Durability: "maybe", Bind: "nowhere", Join: []string{"x"}}.Validate()
	if err == nil {
		t.Fatal("accepted")
	}
	for _, says := range []string{"cluster name", "key has 0 bytes", "node name", "expect", "shards", "durability", "bind", "join"} {
		if !strings.Contains(err.Error(), says) {
			t.Errorf("%q does not mention %q", err, says)
		}
	}
}
