package testcluster_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"roster"
	"roster/internal/testcluster"
	"roster/keyring"
	"roster/node"
)

func clusterKey(b byte) []byte { return bytes.Repeat([]byte{b}, node.KeyBytes) }

// changeKey takes one step through node i.
func changeKey(c *testcluster.Cluster, i int, change roster.KeyChange) {
	c.Helper()
	if _, err := c.Node(i).Keyring(context.Background(), change); err != nil {
		c.Fatalf("%v: %v", change, err)
	}
}

// rotate changes the key from 0 to 1, each step through another node, with time between.
func rotate(c *testcluster.Cluster) {
	c.Helper()
	old, next := keyring.Fingerprint(clusterKey(0)), keyring.Fingerprint(clusterKey(1))
	changeKey(c, 0, roster.KeyChange{Act: roster.KeyInstall, Key: base64.StdEncoding.EncodeToString(clusterKey(1))})
	after(3 * time.Second)
	changeKey(c, 1, roster.KeyChange{Act: roster.KeyUse, Fingerprint: next})
	after(3 * time.Second)
	changeKey(c, 0, roster.KeyChange{Act: roster.KeyRemove, Fingerprint: old})
}

// given gives each node, as it comes, its key.
func given(keys ...byte) func(*testing.T, *node.Config) {
	next := 0
	return func(_ *testing.T, c *node.Config) {
		c.Key = clusterKey(keys[next])
		next++
	}
}

// TestKeyRotation: three nodes change their key under traffic without an error and without
// losing sight of one another. Then who has the old key alone stays outside and says why, who
// has the new one comes in, and a restart with the old key file changes nothing.
func TestKeyRotation(t *testing.T) {
	o := testcluster.Options{Nodes: 5, Expect: 3, Durable: true, Kept: true, Cold: true, Configure: given(0, 0, 0, 0, 1)}
	testcluster.Run(t, o, func(c *testcluster.Cluster) {
		for i := range 3 {
			c.Start(i)
		}
		c.AwaitReady()
		traffic := c.StartTraffic(6)
		after(2 * time.Second)
		end := keepLooking(c)
		rotate(c)
		after(20 * time.Second) // more than an exchange of all that gossip knows
		traffic.StopAndCheck(1000)
		if writes, faults := end(); writes < 1000 || len(faults) > 0 {
			t.Errorf("%d writes; faults: %v", writes, faults)
		}
		if gap := traffic.Gap(); gap > time.Second {
			t.Errorf("writes paused for %v", gap)
		}
		c.Start(3)
		c.Start(4)
		c.Await("the new key comes in", func() error { return sees(c, 0, 4, true) })
		after(time.Minute)
		if err := sees(c, 0, 3, false); err != nil {
			t.Error(err)
		}
		checks, _ := c.Node(3).Ready(context.Background())
		if !strings.Contains(fmt.Sprint(checks), "another cluster key") {
			t.Errorf("the old key's holder does not say why: %+v", checks)
		}
		c.Stop(3)
		c.Stop(1)
		c.Start(1) // its key file is still the old one
		c.AwaitReady()
		everywhere(c)
	})
}

// TestDownDuringRotation drills the runbook: a node that was down while the key was changed
// stays outside and says why, until it is given the new key by hand.
func TestDownDuringRotation(t *testing.T) {
	dir := t.TempDir()
	o := testcluster.Options{Nodes: 4, Expect: 3, Durable: true, Kept: true, Cold: true, Configure: func(_ *testing.T, c *node.Config) {
		switch c.Name { // two lives of one node
		case "n2":
			c.DataDir = dir
		case "n3":
			c.DataDir, c.Name, c.Key = dir, "n2", clusterKey(1)
		}
	}}
	testcluster.Run(t, o, func(c *testcluster.Cluster) {
		for i := range 3 {
			c.Start(i)
		}
		c.AwaitReady()
		c.Stop(2)
		c.Await("it is down", func() error { return sees(c, 0, 2, false) })
		c.Await("gossip knows", func() error { // until then a step names who did not answer
			_, err := c.Node(0).Keyring(context.Background(), roster.KeyChange{Act: roster.KeyInstall, Key: base64.StdEncoding.EncodeToString(clusterKey(1))})
			return err
		})
		rotate(c)
		c.Start(2)
		after(time.Minute)
		if err := sees(c, 0, 2, false); err != nil {
			t.Error(err)
		}
		checks, _ := c.Node(2).Ready(context.Background())
		if !strings.Contains(fmt.Sprint(checks), "another cluster key") {
			t.Errorf("it does not say why: %+v", checks)
		}
		c.Stop(2)
		c.Start(3)
		c.AwaitReady()
		if err := sees(c, 0, 2, true); err != nil {
			t.Error(err)
		}
	})
}

// keepLooking writes through all running nodes and looks at whom they see, until end is
// called, which returns how many writes there were and what went wrong, if only for a moment.
func keepLooking(c *testcluster.Cluster) (end func() (writes int, faults []string)) {
	ctx, cancel := context.WithCancel(c.Over())
	done := make(chan struct{})
	var writes int
	var faults []string
	look := func(i int) {
		members, err := c.Node(i).Members(context.Background())
		for _, m := range members {
			if m.State != roster.NodeAlive {
				faults = append(faults, fmt.Sprintf("node %d sees %s %s", i, m.ID, m.State))
			}
		}
		if err == nil {
			_, _, err = c.Node(i).Register(context.Background(), roster.Register{Agent: roster.Agent{ID: "watch/a", Description: fmt.Sprint(writes)}, Mode: roster.ModePut})
			writes++
		}
		if err != nil {
			faults = append(faults, err.Error())
		}
	}
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			for _, i := range c.Running() {
				look(i)
			}
			after(50 * time.Millisecond)
		}
	}()
	return func() (int, []string) {
		cancel()
		<-done
		return writes, faults
	}
}

// sees wants node i alive to node by, or not.
func sees(c *testcluster.Cluster, by, i int, want bool) error {
	members, err := c.Node(by).Members(context.Background())
	alive := false
	for _, m := range members {
		if strings.HasPrefix(string(m.ID), fmt.Sprintf("n%d-", i)) && m.State == roster.NodeAlive {
			alive = true
		}
	}
	if alive != want {
		return fmt.Errorf("node %d alive to node %d: %v; want %v; %w", i, by, alive, want, err)
	}
	return err
}
