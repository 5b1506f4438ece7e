package messages

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"roster"
	"roster/client"
	"roster/fleet"
	"roster/placement"
)

// SelfCommands are the subcommands of an agent that speaks of itself.
func SelfCommands(o Options) []*cobra.Command {
	return []*cobra.Command{say(o), save(o), load(o)}
}

// say reports how the calling agent is.
func say(o Options) *cobra.Command {
	var s fleet.Standing
	var memory int64
	cmd := &cobra.Command{Use: "say WORD", Short: "Report how the calling agent is: ready, overloaded, finishing or done", Args: o.Args(cobra.ExactArgs(1))}
	cmd.Flags().IntVar(&s.Busy, "busy", 0, "the share of its time that it works, in percent")
	cmd.Flags().Int64Var(&memory, "memory", 0, "the bytes that it holds, if it knows them")
	cmd.Flags().StringVar(&s.Progress, "progress", "", "how far it is, for people")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		id, err := o.self()
		if err != nil {
			return err
		}
		s.Word, s.Memory = fleet.Word(args[0]), placement.Size(memory)
		return o.call(cmd, 0, func(ctx context.Context, c *client.Client) error { return c.Say(ctx, id, s) })
	}
	return cmd
}

// save keeps what standard input says.
func save(o Options) *cobra.Command {
	cmd := &cobra.Command{Use: "save", Short: "Keep standard input for the next activation of the calling agent; nothing keeps nothing", Args: o.Args(cobra.NoArgs)}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		id, err := o.self()
		if err != nil {
			return err
		}
		state, err := io.ReadAll(io.LimitReader(o.Stdin, fleet.StateMax+1))
		if err != nil {
			return err
		}
		return o.call(cmd, 0, func(ctx context.Context, c *client.Client) error {
			_, err := c.Save(ctx, id, state)
			return err
		})
	}
	return cmd
}

// load prints what was kept, as the activation that calls is sure to see it.
func load(o Options) *cobra.Command {
	cmd := &cobra.Command{Use: "load", Short: "Print what the activation before has kept", Args: o.Args(cobra.NoArgs)}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		id, err := o.self()
		if err != nil {
			return err
		}
		return o.call(cmd, 0, func(ctx context.Context, c *client.Client) error {
			s, _, err := c.State(ctx, id, roster.Read{Level: roster.ReadLinearizable})
			if err == nil {
				_, err = o.Stdout.Write(s.State)
			}
			return err
		})
	}
	return cmd
}
