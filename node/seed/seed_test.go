package seed_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"roster"
	"roster/backup"
	"roster/fsm"
	"roster/internal/testcluster"
	"roster/node"
	"roster/node/founding"
	"roster/node/seed"
)

// places are directories for the nodes of a cluster, that outlive it.
type places []string

func newPlaces(t *testing.T) places {
	dir := t.TempDir()
	return places{filepath.Join(dir, "n0"), filepath.Join(dir, "n1"), filepath.Join(dir, "n2")}
}

// run runs a scenario on a durable cluster of three in these places.
func (p places) run(t *testing.T, store string, scenario func(*testcluster.Cluster)) {
	t.Helper()
	next := 0
	testcluster.Run(t, testcluster.Options{Durable: true, Store: store, Shards: 3, Configure: func(_ *testing.T, c *node.Config) {
		c.DataDir = p[next]
		next++
	}}, scenario)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// register enters an agent and returns what came of it.
func register(c *testcluster.Cluster, i int, a roster.Agent) (roster.Change, roster.Stamp) {
	c.Helper()
	change, stamp, err := c.Node(i).Register(context.Background(), roster.Register{Agent: a, Mode: roster.ModePut})
	must(c.T, err)
	return change, stamp
}

// archived returns an archive that node i makes.
func archived(c *testcluster.Cluster, i int) *backup.Archive {
	c.Helper()
	var b bytes.Buffer
	must(c.T, c.Node(i).Backup(context.Background(), &b))
	a, err := backup.Read(bytes.NewReader(b.Bytes()), int64(b.Len()))
	must(c.T, err)
	return a
}

// opens begins a session.
func opens(c *testcluster.Cluster, i int, id roster.SessionID) {
	c.Helper()
	_, _, err := c.Node(i).Do(context.Background(), roster.OpenSession{ID: id, TTL: roster.Duration(time.Hour)})
	must(c.T, err)
}

// voters wants every shard to have three.
func voters(c *testcluster.Cluster) func() error {
	return func() error {
		shards, err := c.Node(0).Shards(context.Background())
		for _, s := range shards {
			if len(s.Voters) != 3 {
				return fmt.Errorf("shard %v has voters %v", s.ID, s.Voters)
			}
		}
		return err
	}
}

// keeps wants agents 0 to n of a namespace on every node.
func keeps(c *testcluster.Cluster, ns string, n int) {
	c.Helper()
	for _, i := range c.Running() {
		for a := range n {
			id := roster.AgentID(fmt.Sprintf("%s/a%d", ns, a))
			if _, _, err := c.Node(i).Lookup(context.Background(), id, roster.Read{Level: roster.ReadLinearizable}); err != nil {
				c.Errorf("%s at node %d: %v", id, i, err)
			}
		}
	}
}

// TestRestore: what was in the archive is there, what came after is not, and nothing of the
// old life can pass for something of the new one.
func TestRestore(t *testing.T) {
	var archive *backup.Archive
	var late roster.Change
	var token roster.Token
	newPlaces(t).run(t, "", func(c *testcluster.Cluster) {
		opens(c, 0, "demo~s")
		for a := range 20 {
			register(c, a%3, roster.Agent{ID: roster.AgentID(fmt.Sprintf("demo/a%d", a)), Description: "works"})
		}
		register(c, 0, roster.Agent{ID: "demo/held", Session: "demo~s"})
		register(c, 1, roster.Agent{ID: "demo/watched", Session: "demo~s", OnEnd: roster.OnEndCritical})
		archive = archived(c, 1)
		for a := range 50 {
			late, _ = register(c, 2, roster.Agent{ID: "demo/a0", Description: fmt.Sprint(a)})
		}
		page, err := c.Node(2).Find(context.Background(), roster.Query{Read: roster.Read{Level: roster.ReadLinearizable}})
		must(t, err)
		token = page.Token
		register(c, 2, roster.Agent{ID: "demo/after"})
	})
	dirs := newPlaces(t)
	result, err := seed.Restore(seed.Config{Dir: dirs[0], Name: "n0", NewKey: true, Store: node.StoreDefault}, archive)
	must(t, err)
	if result.Cluster != "test" || result.ClusterID == archive.ClusterID || len(result.Shards) != 4 {
		t.Errorf("made %+v of %+v", result, archive.Manifest)
	}
	dirs.run(t, "", func(c *testcluster.Cluster) {
		c.Await("votes", voters(c))
		keeps(c, "demo", 20)
		if r, _, err := c.Node(2).Lookup(context.Background(), "demo/a0", roster.Read{}); err != nil || r.Description != "works" {
			t.Errorf("demo/a0 is %+v, %v", r, err)
		}
		if _, _, err := c.Node(0).Lookup(context.Background(), "demo/after", roster.Read{Level: roster.ReadLinearizable}); roster.CodeOf(err) != roster.CodeNotFound {
			t.Errorf("what came after the backup: %v", err)
		}
		sessionsOver(c)
		again, _ := register(c, 1, roster.Agent{ID: "demo/a0", Description: "again"})
		if again.Record.Revision <= late.Record.Revision || again.Record.Revision < fsm.LiftStep {
			t.Errorf("revision %d after %d in the old life", again.Record.Revision, late.Record.Revision)
		}
		for _, err := range c.Node(1).Watch(context.Background(), roster.Query{}, roster.Cursor(token)) {
			if roster.CodeOf(err) != roster.CodeGone {
				t.Errorf("a watch from the old life goes on: %v", err)
			}
			break
		}
	})
}

// sessionsOver wants the session of the old life ended, and what it held with it.
func sessionsOver(c *testcluster.Cluster) {
	c.Helper()
	if _, _, err := c.Node(0).Session(context.Background(), "demo~s"); roster.CodeOf(err) != roster.CodeGone {
		c.Errorf("the session: %v", err)
	}
	c.Await("its agents end", func() error {
		_, _, held := c.Node(0).Lookup(context.Background(), "demo/held", roster.Read{Level: roster.ReadLinearizable})
		watched, _, err := c.Node(0).Lookup(context.Background(), "demo/watched", roster.Read{Level: roster.ReadLinearizable})
		if roster.CodeOf(held) != roster.CodeNotFound || err != nil || watched.Health.State != roster.Critical {
			return fmt.Errorf("held: %v; watched: %+v, %v", held, watched, err)
		}
		return nil
	})
}

// TestRecover destroys the disks of two nodes of three, in either store: what the third had
// is there, and writes go on.
func TestRecover(t *testing.T) {
	for _, store := range testcluster.Stores {
		t.Run(store, func(t *testing.T) {
			old, fresh := newPlaces(t), newPlaces(t)
			var last roster.Change
			old.run(t, store, func(c *testcluster.Cluster) {
				for a := range 30 {
					var stamp roster.Stamp
					last, stamp = register(c, a%3, roster.Agent{ID: roster.AgentID(fmt.Sprintf("demo/a%d", a))})
					_, _, err := c.Node(2).Lookup(context.Background(), last.Record.ID, roster.Read{After: stamp.Token})
					must(t, err) // acknowledged, and on the node that survives
				}
			})
			must(t, errors.Join(os.RemoveAll(old[0]), os.RemoveAll(old[1])))
			result, err := seed.Recover(seed.Config{Dir: fresh[0], Name: "n0", NewKey: true, Store: store, Probe: nobody}, []string{old[2]}, false)
			must(t, err)
			if len(result.Shards) != 4 || result.Shards[1].From != old[2] {
				t.Errorf("recovered %+v", result)
			}
			fresh.run(t, store, func(c *testcluster.Cluster) {
				c.Await("votes", voters(c))
				keeps(c, "demo", 30)
				if again, _ := register(c, 1, roster.Agent{ID: last.Record.ID, Description: "again"}); again.Record.Revision <= last.Record.Revision {
					t.Errorf("revision %d after %d", again.Record.Revision, last.Record.Revision)
				}
			})
		})
	}
}

// TestRecoverRefusesTheShorterLog: a survivor that lacks what another has is refused, until
// each shard is taken from where there is most.
func TestRecoverRefusesTheShorterLog(t *testing.T) {
	old, fresh := newPlaces(t), newPlaces(t)
	old.run(t, "", func(c *testcluster.Cluster) {
		register(c, 0, roster.Agent{ID: "demo/a0"})
		c.Stop(2)
		for a := range 40 {
			register(c, a%2, roster.Agent{ID: roster.AgentID(fmt.Sprintf("demo/a%d", a))})
		}
	})
	c := seed.Config{Dir: fresh[0], Name: "n0", NewKey: true, Store: node.StoreDefault, Probe: nobody}
	_, err := seed.Recover(c, []string{old[2], old[0]}, false)
	if roster.CodeOf(err) != roster.CodeRefused {
		t.Fatalf("the shorter log first: %v", err)
	}
	if _, err := os.Stat(fresh[0]); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("something was made: %v", err)
	}
	result, err := seed.Recover(c, []string{old[2], old[1], old[0]}, true)
	must(t, err)
	longer := 0
	for _, s := range result.Shards {
		if s.From != old[2] { // some shards have had no writes since, and are as long there
			longer++
		}
	}
	if longer == 0 {
		t.Errorf("all is from the shorter logs: %+v", result.Shards)
	}
	fresh.run(t, "", func(c *testcluster.Cluster) { keeps(c, "demo", 40) })
}

// TestRecoverRefuses: directories that are no survivors of one cluster.
func TestRecoverRefuses(t *testing.T) {
	one, other := newPlaces(t), newPlaces(t)
	for _, p := range []places{one, other} {
		p.run(t, "", func(c *testcluster.Cluster) {
			_, err := seed.Recover(seed.Config{Dir: filepath.Join(t.TempDir(), "x"), Name: "x", NewKey: true, Store: node.StoreDefault}, p[:1], false)
			if roster.CodeOf(err) != roster.CodeConflict {
				t.Errorf("of a running node: %v", err)
			}
		})
	}
	dir := filepath.Join(t.TempDir(), "new")
	for name, try := range map[string]struct {
		dir  string
		from []string
		code roster.Code
	}{
		"nothing":         {dir, nil, roster.CodeInvalid},
		"no directory":    {dir, []string{filepath.Join(dir, "none")}, roster.CodeInvalid},
		"two clusters":    {dir, []string{one[0], other[0]}, roster.CodeConflict},
		"twice the same":  {dir, []string{one[0], one[0]}, roster.CodeConflict},
		"into a survivor": {one[1], []string{one[0]}, roster.CodeConflict},
	} {
		if _, err := seed.Recover(seed.Config{Dir: try.dir, Name: "x", NewKey: true, Store: node.StoreDefault, Probe: nobody}, try.from, false); roster.CodeOf(err) != try.code {
			t.Errorf("%s: %v, want %s", name, err, try.code)
		}
	}
	one.run(t, "", func(c *testcluster.Cluster) { register(c, 0, roster.Agent{ID: "demo/on"}) }) // and nothing was changed
}

// TestOldNodesStayOut: a node of the old cluster that comes back, with the right key, is no
// member of the new one, which therefore must have another name or key.
func TestOldNodesStayOut(t *testing.T) {
	var archive *backup.Archive
	old, fresh := newPlaces(t), newPlaces(t)
	old.run(t, "", func(c *testcluster.Cluster) {
		register(c, 0, roster.Agent{ID: "demo/a0"})
		archive = archived(c, 1)
	})
	c := seed.Config{Dir: fresh[0], Name: "n0", Store: node.StoreDefault}
	for _, c.Cluster = range []string{"", "test"} {
		if _, err := seed.Restore(c, archive); roster.CodeOf(err) != roster.CodeRefused {
			t.Errorf("the same name and key: %v", err)
		}
	}
	c.Cluster = "again"
	_, err := seed.Restore(c, archive)
	must(t, err)
	startsAgain(t, "again", old, fresh)
}

// TestOldNodesStayOutByID: neither name nor key is new, although --new-key was given. What
// tells the clusters apart is the id of each, and an old node says why it is not let in.
func TestOldNodesStayOutByID(t *testing.T) {
	var archive *backup.Archive
	old, fresh := newPlaces(t), newPlaces(t)
	old.run(t, "", func(c *testcluster.Cluster) {
		register(c, 0, roster.Agent{ID: "demo/a0"})
		archive = archived(c, 1)
	})
	_, err := seed.Restore(seed.Config{Dir: fresh[0], Name: "n0", NewKey: true, Store: node.StoreDefault}, archive)
	must(t, err)
	startsAgain(t, "test", old, fresh)
}

// startsAgain starts the new cluster, and a node of the old one beside it.
func startsAgain(t *testing.T, name string, old, fresh places) {
	t.Helper()
	next := 0
	testcluster.Run(t, testcluster.Options{Durable: true, Shards: 3, Cold: true, Configure: func(_ *testing.T, c *node.Config) {
		c.Expect = 0 // nobody founds anything
		if c.DataDir, c.Cluster = fresh[next], name; next == 2 {
			c.DataDir, c.Cluster = old[2], "test"
		}
		next++
	}}, func(c *testcluster.Cluster) {
		c.Start(0)
		c.Start(1)
		c.AwaitReady()
		c.Start(2)
		<-time.After(time.Minute) // of virtual time: nothing tells that it will never be let in
		members, err := c.Node(0).Members(context.Background())
		must(t, err)
		for _, m := range members {
			if m.ID == c.Node(2).ID() && m.State != roster.NodeLeft {
				t.Errorf("it is in: %+v", m)
			}
		}
		members, err = c.Node(2).Members(context.Background())
		must(t, err)
		for _, m := range members {
			if (m.ID == c.Node(0).ID() || m.ID == c.Node(1).ID()) && m.State != roster.NodeLeft {
				t.Errorf("the old node lists %+v", m)
			}
		}
		refused(c, archivedID(t, old[2]), archivedID(t, fresh[0]), name == "test")
		stillThere(c)
	})
}

// refused wants the old node to say in its readiness why nobody lets it in.
func refused(c *testcluster.Cluster, oldID, newID string, byID bool) {
	c.Helper()
	checks, err := c.Node(2).Ready(context.Background())
	must(c.T, err)
	for _, check := range checks {
		if strings.Contains(check.Detail, "another name than") && !byID || byID && strings.Contains(check.Detail, oldID) && strings.Contains(check.Detail, newID) {
			return
		}
	}
	c.Errorf("it does not say why: %+v", checks)
}

// archivedID reads which cluster a directory belongs to.
func archivedID(t *testing.T, dir string) string {
	t.Helper()
	id, err := founding.ReadIdentity(dir)
	must(t, err)
	return id.ClusterID
}

// stillThere wants demo/a0 where the new cluster is.
func stillThere(c *testcluster.Cluster) {
	c.Helper()
	for i := range 2 {
		if _, _, err := c.Node(i).Lookup(context.Background(), "demo/a0", roster.Read{Level: roster.ReadLinearizable}); err != nil {
			c.Errorf("demo/a0 at node %d: %v", i, err)
		}
	}
}
