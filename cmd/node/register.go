package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"roster"
	"roster/client"
	"roster/cmd/node/intake"
	"roster/cmd/node/screen"
)

// inputBytesMax bounds an agent or a patch from a file: what the limits allow, with
// room for JSON's escapes.
const inputBytesMax = 1 << 20

// changeBody is what a change is shown as.
type changeBody struct {
	Outcome roster.Outcome `json:"outcome"`
	Agent   *roster.Record `json:"agent"`
	Token   roster.Token   `json:"token"`
}

func (a *app) showChange(c changeBody) error {
	return show(a, a.Stdout, c, func() *screen.Table {
		a.say("token %s", c.Token)
		t := &screen.Table{}
		t.Add(fmt.Sprintf("%s %s revision %d", c.Outcome, c.Agent.ID, c.Agent.Revision))
		return t
	})
}

// agentFlags describe an agent on the command line.
type agentFlags struct {
	id, description, session, onEnd, secretFile, file string
	capabilities, labels, endpoints, metadata         []string
	put                                               bool
}

func (a *app) registerCommand() *cobra.Command {
	var f agentFlags
	cmd := &cobra.Command{
		Use: "register [ID]", Short: "Put an agent on the roll", Args: args(cobra.MaximumNArgs(1)),
		Long: "Put an agent on the roll: described by flags, or as JSON with -f FILE or -f - for standard input.",
	}
	f.add(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.id, "id", "", "namespace/name, instead of the argument")
	flags.StringVar(&f.session, "session", "", "session that keeps the agent alive")
	flags.StringVar(&f.secretFile, "secret-file", "", "file with the secret that later acts must show")
	flags.BoolVar(&f.put, "put", false, "replace the agent if it is there")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		agent, err := f.agent(a, cmd, args)
		if err != nil {
			return err
		}
		mode := roster.ModeCreate
		if f.put {
			mode = roster.ModePut
		}
		return a.call(cmd, func(ctx context.Context, c *client.Client) error {
			change, stamp, err := c.Register(ctx, roster.Register{Agent: agent, Mode: mode})
			if err != nil {
				return err
			}
			return a.showChange(changeBody{change.Outcome, change.Record, stamp.Token})
		})
	}
	return a.withOutput(cmd)
}

// add defines the flags that register and update share.
func (f *agentFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVar(&f.capabilities, "capability", nil, "name or name@version of what the agent can do; may be repeated")
	flags.StringArrayVar(&f.labels, "label", nil, "key=value to find the agent by; may be repeated")
	flags.StringArrayVar(&f.endpoints, "endpoint", nil, "name=url at which the agent is reached; may be repeated")
	flags.StringVar(&f.description, "description", "", "what the agent is, in words")
	flags.StringArrayVar(&f.metadata, "metadata", nil, "key=value to keep with the agent; may be repeated")
	flags.StringVar(&f.onEnd, "on-end", "", "what the end of its session does: deregister or critical")
	flags.StringVarP(&f.file, "file", "f", "", "read JSON from a file; - is standard input")
}

// agent returns the agent that the command line describes.
func (f *agentFlags) agent(a *app, cmd *cobra.Command, args []string) (roster.Agent, error) {
	var agent roster.Agent
	if f.file != "" {
		return agent, f.fromFile(a, cmd, args, &agent)
	}
	id := f.id
	switch {
	case len(args) == 1 && id != "" && id != args[0]:
		return agent, usagef("two ids: %s and --id %s", screen.Quote(args[0]), screen.Quote(id))
	case len(args) == 1:
		id = args[0]
	case id == "":
		return agent, usagef("%s: say which agent: ID, or -f FILE", cmd.CommandPath())
	}
	labels, err := intake.StringMap("label", f.labels)
	if err != nil {
		return agent, err
	}
	metadata, err := intake.StringMap("metadata", f.metadata)
	if err != nil {
		return agent, err
	}
	endpoints, err := intake.Endpoints(f.endpoints)
	if err != nil {
		return agent, err
	}
	agent = roster.Agent{ID: roster.AgentID(id), Capabilities: intake.Capabilities(f.capabilities), Labels: roster.MapOf(labels),
		Endpoints: endpoints, Description: f.description, Metadata: roster.MapOf(metadata),
		Session: roster.SessionID(f.session), OnEnd: roster.OnEnd(f.onEnd)}
	agent.Secret, err = a.secret(f.secretFile)
	return agent, err
}

// fromFile reads the agent from the file; other flags would have to be merged into
// it, so they are refused.
func (f *agentFlags) fromFile(a *app, cmd *cobra.Command, args []string, agent *roster.Agent) error {
	for _, name := range []string{"id", "capability", "label", "endpoint", "description", "metadata", "session", "on-end", "secret-file"} {
		if flag := cmd.Flags().Lookup(name); flag != nil && flag.Changed {
			return usagef("--%s: the file already says it all", name)
		}
	}
	raw, err := a.readInput(f.file)
	if err != nil {
		return err
	}
	if *agent, err = intake.ParseAgent(raw); err != nil {
		return usagef("%s: %v", f.file, err)
	}
	if len(args) == 1 && roster.AgentID(args[0]) != agent.ID {
		return usagef("%s is about %s, not %s", f.file, screen.Quote(string(agent.ID)), screen.Quote(args[0]))
	}
	return nil
}

// readInput reads a file, or standard input for "-".
func (a *app) readInput(name string) ([]byte, error) {
	in := a.Stdin
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, usagef("-f: %v", err)
		}
		defer file.Close()
		in = file
	}
	raw, err := io.ReadAll(io.LimitReader(in, inputBytesMax+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if len(raw) > inputBytesMax {
		return nil, usagef("%s has more than %d bytes", name, inputBytesMax)
	}
	return raw, nil
}

// secret reads a secret; a line end behind it does not belong to it.
func (a *app) secret(file string) (string, error) {
	if file == "" {
		return "", nil
	}
	raw, err := a.readInput(file)
	if err != nil {
		return "", err
	}
	return strings.TrimRight(string(raw), "\r\n"), nil
}
