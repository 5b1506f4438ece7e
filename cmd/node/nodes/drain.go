package nodes

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"roster"
	"roster/client"
)

const (
	// emptyWithin is how long a node may take to lose its votes when nothing is said.
	emptyWithin = 10 * time.Minute
	emptyEvery  = time.Second
)

// Drain takes every vote off a node.
func Drain(o Options) *cobra.Command {
	var within time.Duration
	cmd := &cobra.Command{
		Use: "drain NODE", Short: "Take every vote off a node, so that it can be stopped", Args: o.Args(cobra.ExactArgs(1)),
		Long: "Take every vote off NODE, an id or a name: its shards get other voters and leaders, one\n" +
			"after the other, and it goes on reading. It waits until that is done; interrupted, the\ncluster goes on. roster nodes undrain takes it back.",
		RunE: func(cmd *cobra.Command, names []string) error {
			m, err := o.member(cmd, names[0])
			if err != nil {
				return err
			}
			if err := o.empty(cmd, m.ID, within); err != nil {
				return err
			}
			done := "votes nowhere"
			if within == 0 {
				done = "is to vote nowhere: roster rebalance plan shows how far that is"
			}
			_, err = fmt.Fprintf(o.Stdout, "%s %s\n", m.ID, done)
			return err
		},
	}
	cmd.Flags().DurationVar(&within, "wait", emptyWithin, "how long to wait until it votes nowhere; 0: not at all")
	return cmd
}

// Undrain lets a node vote again.
func Undrain(o Options) *cobra.Command {
	return o.onNode("undrain NODE", "Let a node vote again", "%s may vote again\n", func(ctx context.Context, c *client.Client, id roster.NodeID) error {
		return c.Drain(ctx, id, false)
	})
}

// pruneWithin is how long a node that has just left may take to be a member of no shard.
const pruneWithin = 15 * time.Second

// ForceLeave takes out a node that is gone for good.
func ForceLeave(o Options) *cobra.Command {
	var prune bool
	cmd := &cobra.Command{Use: "force-leave NODE", Short: "Take out a node that is down and will not come back", Args: o.Args(cobra.ExactArgs(1)),
		Long: "Take out NODE, an id or a name, which is down and will not come back. With --prune it is\n" +
			"also forgotten, as is one that left before: it is listed no more, and its directory is never\nlet in again. That is refused while it still votes somewhere.",
		RunE: func(cmd *cobra.Command, names []string) error {
			m, err := o.find(cmd, names[0], prune)
			if err != nil {
				return err
			}
			if m.State != roster.NodeLeft {
				if err := o.Call(cmd, func(ctx context.Context, c *client.Client) error { return c.ForceLeave(ctx, m.ID) }); err != nil {
					return err
				}
			}
			done := "has left"
			if prune {
				done = "has left and is forgotten"
				if err := o.prune(cmd, m.ID); err != nil {
					return err
				}
			}
			_, err = fmt.Fprintf(o.Stdout, "%s %s\n", m.ID, done)
			return err
		}}
	cmd.Flags().BoolVar(&prune, "prune", false, "also forget it, and never let it in again")
	return cmd
}

// prune forgets a node as soon as it is a member of no shard.
func (o Options) prune(cmd *cobra.Command, id roster.NodeID) error {
	ctx, cancel := context.WithTimeout(cmd.Context(), pruneWithin)
	defer cancel()
	for {
		err := o.Call(cmd, func(ctx context.Context, c *client.Client) error { return c.Prune(ctx, id) })
		if roster.CodeOf(err) != roster.CodeUnavailable {
			return err
		}
		select {
		case <-time.After(emptyEvery):
		case <-ctx.Done():
			return err
		}
	}
}

func (o Options) onNode(use, short, done string, do func(context.Context, *client.Client, roster.NodeID) error) *cobra.Command {
	return &cobra.Command{Use: use, Short: short, Args: o.Args(cobra.ExactArgs(1)), RunE: func(cmd *cobra.Command, names []string) error {
		m, err := o.member(cmd, names[0])
		if err != nil {
			return err
		}
		if err := o.Call(cmd, func(ctx context.Context, c *client.Client) error { return do(ctx, c, m.ID) }); err != nil {
			return err
		}
		_, err = fmt.Fprintf(o.Stdout, done, m.ID)
		return err
	}}
}

// member finds a node by its id or its name.
func (o Options) member(cmd *cobra.Command, name string) (roster.Member, error) {
	return o.find(cmd, name, false)
}

// find is member, also of nodes that have left.
func (o Options) find(cmd *cobra.Command, name string, left bool) (found roster.Member, err error) {
	err = o.Call(cmd, func(ctx context.Context, c *client.Client) error {
		members, err := c.Members(ctx)
		if err != nil {
			return err
		}
		for _, m := range members {
			if (string(m.ID) == name || m.Name == name) && (left || m.State != roster.NodeLeft) {
				found = m
				return nil
			}
		}
		return roster.Errorf(roster.CodeNotFound, "no node is called %s", name)
	})
	return found, err
}

// empty drains a node and waits until it votes nowhere. Where its votes cannot go, the
// drain is taken back.
func (o Options) empty(cmd *cobra.Command, id roster.NodeID, within time.Duration) error {
	if err := o.Call(cmd, func(ctx context.Context, c *client.Client) error { return c.Drain(ctx, id, true) }); err != nil || within == 0 {
		return err
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), within)
	defer cancel()
	before := -1
	for {
		left, held, err := o.votes(cmd, id)
		switch {
		case err != nil && ctx.Err() == nil && roster.CodeOf(err) != roster.CodeUnavailable:
			return err
		case err == nil && held != "":
			undo := o.Call(cmd, func(ctx context.Context, c *client.Client) error { return c.Drain(ctx, id, false) })
			if undo != nil {
				return undo
			}
			return roster.Errorf(roster.CodeRefused, "%s", held)
		case err == nil && left == 0:
			return nil
		case err == nil && left != before:
			fmt.Fprintf(o.Stderr, "%s still votes in %d shards\n", id, left)
			before = left
		}
		select {
		case <-time.After(emptyEvery):
		case <-ctx.Done():
			return roster.Errorf(roster.CodeUnavailable, "%s still votes after %v: the cluster goes on; roster rebalance plan shows what it waits for", id, within)
		}
	}
}

// votes returns in how many shards a node votes, and why its votes cannot move, if so.
func (o Options) votes(cmd *cobra.Command, id roster.NodeID) (left int, held string, err error) {
	err = o.Call(cmd, func(ctx context.Context, c *client.Client) error {
		members, err := c.Members(ctx)
		if err != nil {
			return err
		}
		for _, m := range members {
			if m.ID == id {
				left = len(m.VoterOf)
			}
		}
		plan, err := c.Moves(ctx)
		held = plan.Held
		return err
	})
	return left, held, err
}
