package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"roster/client"
)

func (a *app) joinCommand() *cobra.Command {
	return &cobra.Command{
		Use: "join ADDRESS…", Short: "Make the node at --addr meet a cluster", Args: args(cobra.MinimumNArgs(1)),
		Long: "Make the node at --addr meet the nodes at the given addresses, which are those of\ntheir --bind, such as 10.0.0.5:7500.",
		RunE: func(cmd *cobra.Command, addresses []string) error {
			return a.call(cmd, func(ctx context.Context, c *client.Client) error {
				met, err := c.Join(ctx, addresses)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(a.Stdout, "met %d of %d nodes\n", met, len(addresses))
				return err
			})
		},
	}
}

func (a *app) leaveCommand() *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use: "leave", Short: "Take the node at --addr out of the cluster and stop it", Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.call(cmd, func(ctx context.Context, c *client.Client) error {
				if err := c.Leave(ctx, force); err != nil {
					return err
				}
				_, err := fmt.Fprintln(a.Stdout, "leaving")
				return err
			})
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "leave although the node votes: its shards live on with a smaller margin")
	return cmd
}
