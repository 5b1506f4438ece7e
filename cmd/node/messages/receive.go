package messages

import (
	"context"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"roster"
	"roster/client"
	"roster/cmd/node/screen"
	"roster/mailbox"
)

func receive(o Options) *cobra.Command {
	var in mailbox.Receive
	var wait time.Duration
	cmd := &cobra.Command{Use: "receive", Short: "As an agent: get the messages in the mailbox", Args: o.Args(cobra.NoArgs),
		Long: "Get what is in the mailbox of the agent that calls. A message stays until --after, the number\nof the last one that was seen to, says that it is finished."}
	cmd.Flags().Uint64Var(&in.After, "after", 0, "messages up to this number are finished")
	cmd.Flags().IntVar(&in.Most, "max", 1, "how many at most, up to "+strconv.Itoa(mailbox.DeliveryMax))
	cmd.Flags().DurationVar(&wait, "wait", 0, "how long to wait for the first, at most "+mailbox.WaitMax.String())
	cmd.RunE = func(cmd *cobra.Command, _ []string) (err error) {
		if in.Agent, err = o.self(); err != nil {
			return err
		}
		in.Wait = roster.Duration(wait)
		return o.call(cmd, wait, func(ctx context.Context, c *client.Client) error {
			got, err := c.Receive(ctx, in)
			if err != nil {
				return err
			}
			return show(o, map[string][]mailbox.Delivery{"messages": got}, func() *screen.Table { return deliveries(got) })
		})
	}
	return o.Output(cmd)
}

func deliveries(all []mailbox.Delivery) *screen.Table {
	t := &screen.Table{Head: []string{"NUMBER", "FROM", "TOPIC", "BODY", "REPLY-TO"}}
	for _, d := range all {
		t.Add(strconv.FormatUint(d.Number, 10), string(d.From), d.Topic, string(d.Body), d.ReplyTo)
	}
	return t
}

func reply(o Options) *cobra.Command {
	var w words
	var failed string
	cmd := &cobra.Command{Use: "reply REPLY-TO", Short: "As an agent: answer a message", Args: o.Args(cobra.ExactArgs(1))}
	w.flags(cmd, "the answer")
	cmd.Flags().StringVar(&failed, "error", "", "instead of an answer: why there is none")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		id, err := o.self()
		if err != nil {
			return err
		}
		body, err := w.read(o)
		if err != nil {
			return err
		}
		return o.call(cmd, 0, func(ctx context.Context, c *client.Client) error {
			return c.Reply(ctx, mailbox.Reply{Agent: id, To: args[0], Body: body, Error: failed})
		})
	}
	return cmd
}

func box(o Options) *cobra.Command {
	cmd := &cobra.Command{Use: "mailbox AGENT", Short: "Show how full the mailbox of an agent is", Args: o.Args(cobra.ExactArgs(1))}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return o.call(cmd, 0, func(ctx context.Context, c *client.Client) error {
			s, err := c.Mailbox(ctx, roster.AgentID(args[0]))
			if err != nil {
				return err
			}
			return show(o, s, func() *screen.Table {
				t := &screen.Table{Head: []string{"AGENT", "NODE", "WAITING", "HANDED", "BYTES", "FINISHED", "REFUSED", "DROPPED", "EXPIRED"}}
				number := func(n uint64) string { return strconv.FormatUint(n, 10) }
				t.Add(string(s.Agent), string(s.Node), strconv.Itoa(s.Waiting), strconv.Itoa(s.Handed), strconv.Itoa(s.Bytes), number(s.Finished), number(s.Refused), number(s.Dropped), number(s.Expired))
				return t
			})
		})
	}
	return o.Output(cmd)
}
