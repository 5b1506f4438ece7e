package testcluster_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"roster/certs"
	"roster/certs/authority"
	"roster/internal/testcluster"
	"roster/node"
)

// secured gives every node a certificate of one CA, which begins with the first of them.
func secured() func(*testing.T, *node.Config) {
	var ca authority.PEM
	return func(t *testing.T, c *node.Config) {
		t.Helper()
		end := time.Now().Add(24 * time.Hour)
		check := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		var err error
		if ca.Cert == nil {
			ca, err = authority.New(c.Cluster, time.Now(), end)
			check(err)
		}
		a, err := authority.Parse(ca)
		check(err)
		p, err := a.Issue(authority.Leaf{Identity: certs.Identity{Cluster: c.Cluster, Role: certs.RoleNode, Name: c.Name}, From: time.Now(), Until: end})
		check(err)
		dir := t.TempDir()
		f := certs.Files{CA: filepath.Join(dir, "ca"), Cert: filepath.Join(dir, "cert"), Key: filepath.Join(dir, "key")}
		for name, raw := range map[string][]byte{f.CA: ca.Cert, f.Cert: p.Cert, f.Key: p.Key} {
			check(os.WriteFile(name, raw, 0o600))
		}
		nodes, err := certs.OpenNodes(f, c.Cluster, c.Name)
		check(err)
		c.Security = nodes
	}
}

// TestLeaderKilledUnderTLS: a cluster is founded, writes, loses a leader and takes it
// back as it does without.
func TestLeaderKilledUnderTLS(t *testing.T) {
	eachStore(t, testcluster.Options{Durable: true}, func(t *testing.T, o testcluster.Options) {
		o.Configure = secured()
		testcluster.Run(t, o, func(c *testcluster.Cluster) {
			traffic := c.StartTraffic(8)
			after(2 * time.Second)
			killed := c.MostLeading(0)
			c.Kill(killed)
			after(5 * time.Second)
			c.Restart(killed)
			after(5 * time.Second)
			traffic.StopAndCheck(500)
			if gap := traffic.Gap(); gap > 4*time.Second {
				t.Errorf("writes paused for %v", gap)
			}
			c.AwaitReady()
		})
	})
}
