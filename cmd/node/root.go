package main

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"roster/client"
	"roster/client/trust"
	"roster/cmd/node/archive"
	"roster/cmd/node/fleets"
	"roster/cmd/node/messages"
	"roster/cmd/node/nodes"
	"roster/cmd/node/tokens"
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
	addr      string
	timeout   time.Duration
	output    string
	tokenFile string
	tls       trust.Files
}

// root returns the command tree.
func (a *app) root() *cobra.Command {
	root := group("roster", "Keep the roll of a fleet of software agents")
	root.Long = "Roster keeps the roll of a fleet of software agents: who they are, what they can do,\n" +
		"where they run and whether they live. Begin with: roster dev"
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SetFlagErrorFunc(a.flagError)
	flags := root.PersistentFlags()
	flags.StringVar(&a.addr, "addr", "", "nodes to ask, host:port,… or https://host:port,… in order of preference (ROSTER_ADDR; default "+client.DefaultAddress+")")
	flags.StringVar(&a.tokenFile, "token-file", "", "file with the access token to show, readable by you alone (else ROSTER_TOKEN holds it)")
	flags.StringVar(&a.tls.CA, "ca", "", "PEM file of the CA to trust for https (ROSTER_CA; default: the machine's)")
	flags.StringVar(&a.tls.Cert, "client-cert", "", "PEM file of the certificate to show to nodes that ask for one (ROSTER_CLIENT_CERT)")
	flags.StringVar(&a.tls.Key, "client-key", "", "PEM file of its key (ROSTER_CLIENT_KEY)")
	flags.DurationVar(&a.timeout, "timeout", timeoutDefault, "how long a request may take, with retries")
	n := nodes.Options{Call: a.call, Turn: func(addr string) { a.addr = addr }, Usage: usagef, Args: args, Stdout: a.Stdout, Stderr: a.Stderr,
		Survey: a.surveyor, Output: a.withOutput, Read: a.readCommand, Form: a.form}
	b := archive.Options{Connect: a.connect, Output: a.withOutput, Form: func() (string, bool) { return a.output, a.colours() }, Usage: usagef, Args: args, Stdout: a.Stdout, Stderr: a.Stderr}
	f := fleets.Options{Call: a.call, Output: a.withOutput, Form: a.form, Usage: usagef, Args: args, Stdin: a.Stdin, Stdout: a.Stdout, Stderr: a.Stderr}
	root.AddCommand(a.devCommand(), a.nodeCommand(), nodes.Join(n), nodes.Leave(n), nodes.Members(n), group("nodes", "Look after single nodes", nodes.List(n), nodes.Drain(n), nodes.Undrain(n), nodes.ForceLeave(n), nodes.MigrateStore(n)),
		group("rebalance", "See and steer where shards are held", nodes.Plan(n), nodes.Apply(n), nodes.Pause(n), nodes.Readers(n), nodes.Spread(n)),
		group("backup", "Make archives of the cluster, and begin one with them", archive.Save(b), archive.Inspect(b), archive.Restore(b)), archive.Recover(b),
		a.shardsCommand(), a.statusCommand(), a.agentsCommand(f), a.sessionsCommand(), a.tokensCommand(), group("audit", "Check what audit logs say", tokens.VerifyAudit(a.tokenOptions())), a.loadCommand(), a.keygenCommand(), a.keyringCommand(), a.tlsCommand(),
		a.doctorCommand(), a.topCommand(), a.debugCommand(), a.healthcheckCommand(), a.versionCommand())
	root.AddCommand(fleets.Commands(f, group)...)
	m := messages.Options{Connect: a.connect, Output: a.withOutput, Form: a.form, Usage: usagef, Args: args, Timeout: func() time.Duration { return a.timeout }, Env: a.Env, Stdin: a.Stdin, Stdout: a.Stdout}
	root.AddCommand(group("messages", "Speak to agents, and as one", messages.Commands(m)...), group("self", "Speak of oneself, as an agent that a fleet runs", messages.SelfCommands(m)...))
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

// addresses returns the nodes that the flags or the environment name.
func (a *app) addresses() []string {
	if a.addr != "" {
		return client.SplitAddresses(a.addr)
	}
	return client.SplitAddresses(a.Env(client.AddressEnv))
}

// trust returns the files that the flags or the environment name for https.
func (a *app) trust() trust.Files {
	env := trust.FromEnv(a.Env)
	return trust.Files{CA: cmp.Or(a.tls.CA, env.CA), Cert: cmp.Or(a.tls.Cert, env.Cert), Key: cmp.Or(a.tls.Key, env.Key)}
}

// connect returns a client for those.
func (a *app) connect() (*client.Client, error) {
	if _, err := a.trust().Config(); err != nil {
		return nil, usagef("--ca, --client-cert and --client-key: %v", err)
	}
	secret, err := a.accessToken()
	if err != nil {
		return nil, err
	}
	c, err := client.New(client.Config{Addresses: a.addresses(), Token: secret, TLS: a.trust(), ConnectFor: connectFor, UserAgent: userAgent})
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
