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
		return o.Call(cmd, func(ctx context.Context, c *client.Client) error {
			if err := c.PauseMoves(ctx, paused); err != nil {
				return err
			}
			plan, err := c.Moves(ctx)
			if err != nil {
				return err
			}
			_, err = fmt.Fprint(o.Stdout, planText(plan))
			return err
		})
	}}
}

// planText says a plan in words, a move a line.
func planText(plan roster.MovePlan) string {
	var b strings.Builder
	if plan.Paused {
		b.WriteString("paused: what waits begins after roster rebalance apply\n")
	}
	if plan.Held != "" {
		b.WriteString("held: " + plan.Held + "\n")
	}
	for _, m := range plan.Moves {
		fmt.Fprintf(&b, "shard %v: %s, + %s - %s (%s)\n", m.Shard, strings.ReplaceAll(m.State, "_", " "), names(m.Add), names(m.Remove), m.Reason)
	}
	if b.Len() == 0 {
		return "every shard is where it should be\n"
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
