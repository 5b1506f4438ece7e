package nodes

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"roster"
	"roster/client"
)

// Plan shows which voters move, and why.
func Plan(o Options) *cobra.Command {
	return &cobra.Command{Use: "plan", Short: "Show which voters move, which are to move, and why", Args: o.Args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.Call(cmd, func(ctx context.Context, c *client.Client) error {
				plan, err := c.Moves(ctx)
				if err != nil {
					return err
				}
				_, err = fmt.Fprint(o.Stdout, planText(plan))
				return err
			})
		}}
}

// Pause stops what moves voters; Apply lets it go on.
func Pause(o Options) *cobra.Command {
	return o.pause("pause", "Stop moving voters, once what is under way is done", true)
}

// Apply lets a paused plan go on.
func Apply(o Options) *cobra.Command {
	return o.pause("apply", "Let voters move again, as the plan says", false)
}

func (o Options) pause(use, short string, paused bool) *cobra.Command {
	return &cobra.Command{Use: use, Short: short, Args: o.Args(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error {
		return o.thenPlan(cmd, func(ctx context.Context, c *client.Client) error { return c.PauseMoves(ctx, paused) })
	}}
}

// Readers says how many nodes hold a shard beside its voters.
func Readers(o Options) *cobra.Command {
	return &cobra.Command{Use: "readers all|none|N", Short: "Say how many nodes hold each shard beside its voters", Args: o.Args(cobra.ExactArgs(1)),
		ValidArgs: []string{"all", "none"},
		Long: "Say how many nodes hold each shard of agents beside those that vote in it: all that there\n" +
			"are, none, or N of them. Every node answers every call: it asks one that holds the shard\n" +
			"where it holds none. Replicas are added first, and those that are too many deleted then.",
		RunE: func(cmd *cobra.Command, words []string) error {
			readers, err := roster.ReadersOf(words[0])
			if err != nil {
				return o.Usage("%v", err)
			}
			return o.thenPlan(cmd, func(ctx context.Context, c *client.Client) error {
				return c.SetLayout(ctx, roster.Layout{Readers: &readers})
			})
		}}
}

// Spread says over which zones voters are spread.
func Spread(o Options) *cobra.Command {
	return &cobra.Command{Use: "spread LABEL", Short: "Name the label of nodes over which voters are spread", Args: o.Args(cobra.ExactArgs(1)),
		Long: "Name the label of nodes (roster node --label zone=a) over whose values the voters of each\n" +
			"shard are spread: \"zone\" until another is named. Nodes without it count as one zone.",
		RunE: func(cmd *cobra.Command, words []string) error {
			return o.thenPlan(cmd, func(ctx context.Context, c *client.Client) error {
				return c.SetLayout(ctx, roster.Layout{Spread: &words[0]})
			})
		}}
}

// thenPlan changes something and shows the plan that follows from it.
func (o Options) thenPlan(cmd *cobra.Command, change func(context.Context, *client.Client) error) error {
	return o.Call(cmd, func(ctx context.Context, c *client.Client) error {
		if err := change(ctx, c); err != nil {
			return err
		}
		plan, err := c.Moves(ctx)
		if err != nil {
			return err
		}
		_, err = fmt.Fprint(o.Stdout, planText(plan))
		return err
	})
}

// planText says a plan in words, a move a line.
func planText(plan roster.MovePlan) string {
	var b strings.Builder
	if plan.Readers != roster.ReadersAll {
		fmt.Fprintf(&b, "readers beside the voters of each shard: %v\n", plan.Readers)
	}
	if plan.Paused {
		b.WriteString("paused: what waits begins after roster rebalance apply\n")
	}
	if plan.Held != "" {
		b.WriteString("held: " + plan.Held + "\n")
	}
	for _, m := range plan.Moves {
		fmt.Fprintf(&b, "shard %v: %s, + %s - %s (%s)\n", m.Shard, strings.ReplaceAll(m.State, "_", " "), names(m.Add), names(m.Remove), m.Reason)
	}
	if len(plan.Moves) == 0 && plan.Held == "" && !plan.Paused {
		b.WriteString("every shard is where it should be\n")
	}
	return b.String()
}

func names(ids []roster.NodeID) string {
	if len(ids) == 0 {
		return "nobody"
	}
	words := make([]string, len(ids))
	for i, id := range ids {
		words[i] = string(id)
	}
	return strings.Join(words, " ")
}
