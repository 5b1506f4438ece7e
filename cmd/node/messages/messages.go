package messages

import (
	"context"
	"encoding/json"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"roster"
	"roster/acting"
	"roster/client"
	"roster/cmd/node/screen"
	"roster/mailbox"
)

// Options say how a subcommand reaches nodes and people. All are needed.
type Options struct {
	// Connect returns a client for the nodes that the command line names.
	Connect func() (*client.Client, error)
	// Output gives a command the flag -o; Form returns what it says, and whether to
	// show colours.
	Output func(*cobra.Command) *cobra.Command
	Form   func() (form string, colours bool)
	// Timeout is how long a call may take beyond its wait.
	Timeout func() time.Duration
	// Usage is the error for what was typed wrongly.
	Usage  func(format string, args ...any) error
	Args   func(cobra.PositionalArgs) cobra.PositionalArgs
	Env    func(name string) string // "" when it is not set
	Stdin  io.Reader
	Stdout io.Writer
}

// Commands are the subcommands.
func Commands(o Options) []*cobra.Command {
	return []*cobra.Command{send(o), cast(o), receive(o), reply(o), box(o)}
}

// call calls the nodes, as the agent that the environment names.
func (o Options) call(cmd *cobra.Command, wait time.Duration, f func(context.Context, *client.Client) error) error {
	ctx, err := o.as(cmd.Context())
	if err != nil {
		return err
	}
	c, err := o.Connect()
	if err != nil {
		return err
	}
	defer c.Close()
	timeout := o.Timeout()
	if timeout <= 0 {
		return o.Usage("--timeout %v: want more than 0", timeout)
	}
	ctx, cancel := context.WithTimeout(ctx, wait+timeout)
	defer cancel()
	return f(ctx, c)
}

// as returns a context in which the caller claims to be the agent of its environment.
func (o Options) as(ctx context.Context) (context.Context, error) {
	id, secret := o.Env("ROSTER_AGENT"), o.Env("ROSTER_SECRET")
	if id == "" || secret == "" {
		return ctx, nil
	}
	epoch, err := strconv.ParseUint(o.Env("ROSTER_EPOCH"), 10, 64)
	if err != nil {
		return ctx, o.Usage("ROSTER_EPOCH: want the epoch of %s", id)
	}
	return acting.With(ctx, acting.Claim{Actor: roster.Actor{Agent: roster.AgentID(id), Epoch: roster.Epoch(epoch)}, Secret: secret}), nil
}

// self returns the agent that calls.
func (o Options) self() (roster.AgentID, error) {
	id := roster.AgentID(o.Env("ROSTER_AGENT"))
	if id == "" || o.Env("ROSTER_SECRET") == "" {
		return "", o.Usage("only agents may do that: set ROSTER_AGENT, ROSTER_EPOCH and ROSTER_SECRET")
	}
	return id, nil
}

// words are the flags of who says something.
type words struct{ body, text string }

func (w *words) flags(cmd *cobra.Command, what string) {
	cmd.Flags().StringVar(&w.body, "body", "", what+" as JSON; - reads it from standard input")
	cmd.Flags().StringVar(&w.text, "text", "", what+" as plain text, instead of --body")
}

// read returns what is said as JSON.
func (w *words) read(o Options) (json.RawMessage, error) {
	switch {
	case w.text != "" && w.body != "":
		return nil, o.Usage("--text or --body, not both")
	case w.text != "":
		return json.Marshal(w.text)
	case w.body == "-":
		b, err := io.ReadAll(io.LimitReader(o.Stdin, mailbox.BodyMax+1))
		if err != nil {
			return nil, err
		}
		w.body = string(b)
	}
	if w.body != "" && !json.Valid([]byte(w.body)) {
		return nil, o.Usage("--body: this is not JSON (--text takes plain text)")
	}
	return json.RawMessage(w.body), nil
}

// saying is what send and cast have in common.
type saying struct {
	words
	id, topic, priority string
	ttl                 time.Duration
}

func (s *saying) flags(cmd *cobra.Command) {
	s.words.flags(cmd, "the message")
	cmd.Flags().StringVar(&s.id, "id", "", "makes it one message however often it is sent")
	cmd.Flags().StringVar(&s.topic, "topic", "", "what it is about")
	cmd.Flags().StringVar(&s.priority, "priority", "normal", "high, normal or low")
	cmd.Flags().DurationVar(&s.ttl, "ttl", mailbox.TTLDefault, "how long it may wait to be read")
}

func (s *saying) message(o Options, to roster.AgentID) (mailbox.Message, error) {
	body, err := s.read(o)
	return mailbox.Message{ID: s.id, To: to, Topic: s.topic, Priority: mailbox.Priority(s.priority), Body: body, TTL: roster.Duration(s.ttl)}, err
}

func show[T any](o Options, document T, table func() *screen.Table) error {
	form, colours := o.Form()
	return screen.Show(o.Stdout, form, colours, document, table)
}

func receipts(all ...mailbox.Receipt) *screen.Table {
	t := &screen.Table{Head: []string{"TO", "NODE", "MESSAGE", "RESULT"}}
	for _, r := range all {
		result := "in the mailbox"
		switch {
		case r.Error != "":
			result = r.Error
		case r.Answer != nil:
			result = string(r.Answer)
		case r.Repeated:
			result = "it was there before"
		}
		t.Add(string(r.To), string(r.Node), r.ID, result)
	}
	return t
}
