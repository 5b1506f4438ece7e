package fleets_test

import (
	"context"
	"fmt"
	"testing"

	"roster"
	"roster/agentpool"
	"roster/fleet"
	"roster/internal/testcluster"
	"roster/node"
	"roster/node/fleets"
)

// TestOutputFromAnyNode: what a member has printed is had from its node, whoever is asked.
func TestOutputFromAnyNode(t *testing.T) {
	host := func(_ *testing.T, config *node.Config) {
		name := config.Name
		config.Agents = fleets.Agents{Drivers: []agentpool.Driver{agentpool.NewInproc(agentpool.Entries())}, Busy: func() int64 { return 0 },
			Output: func(id roster.AgentID, most int) ([]byte, error) {
				if id != "demo/crew~0" {
					return nil, roster.Errorf(roster.CodeNotFound, "%s has printed nothing", id)
				}
				return fmt.Appendf(nil, "%s prints at most %d\xff", name, most), nil
			}}
	}
	testcluster.Run(t, testcluster.Options{Seed: 1, Configure: host}, func(c *testcluster.Cluster) {
		ctx := context.Background()
		c.Await("the fleet is entered", func() error {
			_, _, err := c.Node(0).Do(ctx, fleet.Set{Fleet: fleet.Fleet{ID: "demo/crew", Count: 2, Spec: fleet.Spec{Driver: fleet.Inproc, Entry: "idle"}}})
			return err
		})
		for at := range 3 {
			var out fleet.Output
			c.Await("it runs", func() (err error) {
				out, err = c.Node(at).Output(ctx, "demo/crew~0", 7)
				return err
			})
			if want := fmt.Sprintf("n%d prints at most 7\uFFFD", c.Number(out.Node)); out.Text != want || out.Agent != "demo/crew~0" {
				t.Errorf("node %d: %+v, want %q", at, out, want)
			}
			c.Await("the other runs", func() error {
				_, err := c.Node(at).Output(ctx, "demo/crew~1", 7)
				if err == nil || err.Error() != "demo/crew~1 has printed nothing" {
					return err
				}
				return nil
			})
			for _, bad := range []int{0, fleet.OutputMax + 1} {
				if _, err := c.Node(at).Output(ctx, "demo/crew~0", bad); roster.CodeOf(err) != roster.CodeInvalid {
					t.Errorf("%d bytes: %v", bad, err)
				}
			}
		}
	})
}
