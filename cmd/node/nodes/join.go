package nodes

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"roster"
	"roster/client"
)

// Join makes a node meet a cluster.
func Join(o Options) *cobra.Command {
	return &cobra.Command{
		Use: "join ADDRESS…", Short: "Make the node at --addr meet a cluster", Args: o.Args(cobra.MinimumNArgs(1)),
		Long: "Make the node at --addr meet the nodes at the given addresses, which are those of\ntheir --bind, such as 10.0.0.5:7500.",
		RunE: func(cmd *cobra.Command, addresses []string) error {
			return o.Call(cmd, func(ctx context.Context, c *client.Client) error {
				met, err := c.Join(ctx, addresses)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(o.Stdout, "met %d of %d nodes\n", met, len(addresses))
				return err
			})
		},
	}
}

// Leave takes a node out of the cluster, after its votes.
func Leave(o Options) *cobra.Command {
	var force bool
	var within time.Duration
	cmd := &cobra.Command{
		Use: "leave", Short: "Take the node at --addr out of the cluster and stop it", Args: o.Args(cobra.NoArgs),
		Long: "Take the node at --addr out of the cluster for good and stop it. First its votes and\n" +
			"leaderships go to other nodes, one after the other, while everything works.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !force {
				var self roster.NodeID
				if err := o.Call(cmd, func(ctx context.Context, c *client.Client) error {
					status, err := c.Status(ctx)
					self = status.Node
					return err
				}); err != nil {
					return err
				}
				if err := o.empty(cmd, self, within); err != nil {
					return err
				}
			}
			return o.Call(cmd, func(ctx context.Context, c *client.Client) error {
				if err := c.Leave(ctx, force); err != nil {
					return err
				}
				_, err := fmt.Fprintln(o.Stdout, "leaving")
				return err
			})
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "leave at once, although the node votes: its shards live on with a smaller margin")
	cmd.Flags().DurationVar(&within, "wait", emptyWithin, "how long to wait until it votes nowhere")
	return cmd
}
