package testcluster_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"roster/internal/testcluster"
)

// paused returns an error unless node i sees moves paused, or not, as wanted.
func paused(c *testcluster.Cluster, i int, want bool) error {
	plan, err := c.Node(i).Moves(context.Background())
	if err == nil && plan.Paused != want {
		err = fmt.Errorf("paused: %v", plan.Paused)
	}
	return err
}

// TestBackupDiesInItsCut kills a node in the milliseconds in which its backup pauses moves:
// the pause ends by itself. One that an operator asks for does not.
func TestBackupDiesInItsCut(t *testing.T) {
	testcluster.Run(t, testcluster.Options{Nodes: 3, Durable: true}, func(c *testcluster.Cluster) {
		c.Await("the level of commands", func() error {
			status, err := c.Node(0).Status(context.Background())
			if err == nil && status.Level < 2 {
				err = fmt.Errorf("level %d", status.Level)
			}
			return err
		})
		dies := 2
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		node := c.Node(dies)
		go func() { ended <- node.Backup(ctx, io.Discard) }()
		for paused(c, 0, true) != nil {
			select {
			case err := <-ended:
				t.Fatalf("the backup ended before a pause was seen: %v", err)
			case <-time.After(10 * time.Microsecond):
			}
		}
		c.Kill(dies)
		cancel()
		if err := <-ended; err == nil {
			t.Error("the backup of a node that was killed did not fail")
		}
		after(20 * time.Second)
		must(t, paused(c, 0, true)) // so nobody released it
		after(20 * time.Second)
		must(t, paused(c, 0, false))
		must(t, paused(c, 1, false))
		c.Restart(dies)
		c.AwaitReady()
		must(t, c.Node(1).PauseMoves(context.Background(), true))
		after(3 * time.Minute)
		must(t, errors.Join(paused(c, 0, true), paused(c, 2, true)))
	})
}
