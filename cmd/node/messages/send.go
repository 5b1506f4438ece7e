package messages

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"roster"
	"roster/client"
	"roster/cmd/node/screen"
	"roster/mailbox"
)

func send(o Options) *cobra.Command {
	var s saying
	var wait time.Duration
	cmd := &cobra.Command{Use: "send AGENT", Short: "Send a message to an agent, and wait for its answer with --wait", Args: o.Args(cobra.ExactArgs(1)),
		Example: "  roster messages send demo/echo~0 --text hello --wait 5s"}
	s.flags(cmd)
	cmd.Flags().DurationVar(&wait, "wait", 0, "how long to wait for an answer, at most "+mailbox.WaitMax.String())
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		m, err := s.message(o, roster.AgentID(args[0]))
		if err != nil {
			return err
		}
		return o.call(cmd, wait, func(ctx context.Context, c *client.Client) error {
			r, err := c.Send(ctx, m, wait)
			if err != nil {
				return err
			}
			if r.Error != "" {
				return roster.Errorf(roster.CodeRefused, "%s answers: %s", r.To, r.Error)
			}
			return show(o, r, func() *screen.Table { return receipts(r) })
		})
	}
	return o.Output(cmd)
}

func cast(o Options) *cobra.Command {
	var s saying
	var q roster.Query
	cmd := &cobra.Command{Use: "cast", Short: "Send a message to each agent that can do something", Args: o.Args(cobra.NoArgs),
		Example: "  roster messages cast --capability echo --text hello"}
	s.flags(cmd)
	cmd.Flags().StringSliceVar(&q.Capabilities, "capability", nil, "name, or name@version; repeated: all of them")
	cmd.Flags().StringSliceVar(&q.Namespaces, "namespace", nil, "a namespace; repeated: any of them")
	cmd.Flags().StringVar(&q.Filter, "filter", "", "an expression of the filter language")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		m, err := s.message(o, "")
		if err != nil {
			return err
		}
		return o.call(cmd, 0, func(ctx context.Context, c *client.Client) error {
			all, err := c.Multicast(ctx, m, q)
			if err != nil {
				return err
			}
			return show(o, map[string][]mailbox.Receipt{"receipts": all}, func() *screen.Table { return receipts(all...) })
		})
	}
	return o.Output(cmd)
}
