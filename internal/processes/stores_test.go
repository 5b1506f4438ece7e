package processes

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"roster"
)

// TestMigrateStore moves the logs of a running node by the command, kills the node, and
// starts it with the flag that it had: it stays in the store that it was moved to.
func TestMigrateStore(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	n := s.member("solo")
	n.more = []string{"--shards", "2", "--store", "bolt"}
	n.start()
	s.ready(n)
	enter := func(id roster.AgentID) {
		if _, _, err := s.client(n).Register(s.soon(), roster.Register{Mode: roster.ModePut, Agent: roster.Agent{ID: id}}); err != nil {
			t.Fatal(err)
		}
	}
	enter("stores/before")
	for _, to := range []string{"shared", "bolt", "shared"} {
		stdout, stderr, status := s.run("nodes", "migrate-store", "--to", to, "solo", "--addr", n.http)
		if status != 0 || !strings.Contains(stdout, "3 logs moved to "+to) {
			t.Fatalf("to %s: exit %d: %s%s", to, status, stdout, stderr)
		}
	}
	if _, err := os.Stat(filepath.Join(n.dir, "shards", "1", "raft.db")); err == nil {
		t.Error("the old log is still there")
	}
	if _, _, status := s.run("nodes", "migrate-store", "--to", "tape", "--addr", n.http); status != 2 {
		t.Errorf("an unknown store: exit %d, want 2", status)
	}
	enter("stores/after")
	n.kill()
	n.start()
	s.ready(n)
	for _, id := range []roster.AgentID{"stores/before", "stores/after"} {
		if _, _, err := s.client(n).Lookup(s.soon(), id, roster.Read{Level: roster.ReadLinearizable}); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
}
