package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"roster/client"
)

const (
	timeoutDefault = 10 * time.Second
	// connectFor is how long the command line waits for somebody to listen: long
	// enough for a node that is restarting, short enough for a wrong address.
	connectFor = time.Second
)

// app is one run with what its global flags say.
type app struct {
	Main
	addr    string
	timeout time.Duration
	output  string
}

// root returns the command tree.
func (a *app) root() *cobra.Command {
	root := group("roster", "Keep the roll of a fleet of software agents")
	root.Long = "Roster keeps the roll of a fleet of software agents: who they are, what they can do,\n" +
		"where they run and whether they live. Begin with: roster dev"
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SetFlagErrorFunc(a.flagError)
	flags := root.PersistentFlags()
	flags.StringVar(&a.addr, "addr", "", "nodes to ask, host:port,… in order of preference (ROSTER_ADDR; default "+client.DefaultAddress+")")
	flags.DurationVar(&a.timeout, "timeout", timeoutDefault, "how long a request may take, with retries")
	root.AddCommand(a.devCommand(), a.nodeCommand(), a.joinCommand(), a.leaveCommand(), a.membersCommand(),
		a.shardsCommand(), a.statusCommand(), a.agentsCommand(), a.sessionsCommand(), a.keygenCommand(),
		a.healthcheckCommand(), a.versionCommand())
	return root
}

// strictCompletion makes a shell that cobra does not know a usage error, where cobra
// itself shows help and is content.
func strictCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		if cmd.Name() == "completion" {
			cmd.Args, cmd.RunE = cobra.ArbitraryArgs, runGroup
		}
	}
}

// group returns a command that only holds others.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short, Args: cobra.ArbitraryArgs}
	cmd.RunE = runGroup
	cmd.AddCommand(commands...)
	return cmd
}

// runGroup is what a command does that only holds others: it says which.
func runGroup(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return unknownCommand(cmd, args[0])
	}
	cmd.SetOut(cmd.ErrOrStderr()) // nothing was done, so the output stays empty
	if err := cmd.Help(); err != nil {
		return err
	}
	return usagef("%s: say which command", cmd.CommandPath())
}

// connect returns a client for the nodes that the flags or the environment name.
func (a *app) connect() (*client.Client, error) {
	list := a.addr
	if list == "" {
		list = a.Env(client.AddressEnv)
	}
	c, err := client.New(client.Config{Addresses: client.SplitAddresses(list), ConnectFor: connectFor, UserAgent: "roster-cli/" + releaseVersion})
	if err != nil {
		return nil, usagef("--addr or %s: %v", client.AddressEnv, err)
	}
	return c, nil
}

// call runs one request under the time-out.
func (a *app) call(cmd *cobra.Command, f func(ctx context.Context, c *client.Client) error) error {
	c, err := a.connect()
	if err != nil {
		return err
	}
	defer c.Close()
	if a.timeout <= 0 {
		return usagef("--timeout %v: want more than 0", a.timeout)
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), a.timeout)
	defer cancel()
	return f(ctx, c)
}

// args makes cobra's check of the number of arguments a usage error.
func args(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usagef("%s: %v; usage: %s", cmd.CommandPath(), err, cmd.UseLine())
		}
		return nil
	}
}

// say writes a line for people beside the result.
func (a *app) say(format string, values ...any) { fmt.Fprintf(a.Stderr, format+"\n", values...) }
