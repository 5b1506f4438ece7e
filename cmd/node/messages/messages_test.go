package messages_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"roster"
	"roster/client"
	"roster/cmd/node/messages"
	"roster/cmd/node/screen"
	"roster/httpapi"
	"roster/internal/memservice"
	"roster/mailbox"
)

// Example shows that the subcommands ask for the environment of an agent where it is needed.
func Example() {
	o := messages.Options{Args: func(a cobra.PositionalArgs) cobra.PositionalArgs { return a },
		Output: func(c *cobra.Command) *cobra.Command { return c }, Usage: fmt.Errorf, Env: func(string) string { return "" }}
	for _, cmd := range messages.Commands(o) {
		if cmd.Name() == "receive" {
			cmd.SilenceUsage, cmd.SilenceErrors = true, true
			cmd.SetArgs(nil)
			fmt.Println(cmd.ExecuteContext(context.Background()))
		}
	}
	// Output: only agents may do that: set ROSTER_AGENT, ROSTER_EPOCH and ROSTER_SECRET
}

// desk runs subcommands against a service in memory.
type desk struct {
	*testing.T
	env map[string]string
	url string
}

func (d *desk) run(stdin string, args ...string) (string, error) {
	var out bytes.Buffer
	o := messages.Options{Connect: func() (*client.Client, error) { return client.New(client.Config{Addresses: []string{d.url}}) },
		Output: func(c *cobra.Command) *cobra.Command { return c }, Form: func() (string, bool) { return screen.AsJSON, false },
		Usage: fmt.Errorf, Args: func(a cobra.PositionalArgs) cobra.PositionalArgs { return a }, Env: func(name string) string { return d.env[name] },
		Timeout: func() time.Duration { return 10 * time.Second }, Stdin: strings.NewReader(stdin), Stdout: &out}
	root := &cobra.Command{Use: "messages", SilenceErrors: true, SilenceUsage: true}
	root.AddCommand(messages.Commands(o)...)
	root.SetArgs(args)
	err := root.ExecuteContext(d.Context())
	return out.String(), err
}

func (d *desk) must(stdin string, args ...string) string {
	d.Helper()
	out, err := d.run(stdin, args...)
	if err != nil {
		d.Fatalf("%v: %v", args, err)
	}
	return out
}

// TestConversation: a message is sent, read by its agent and answered.
func TestConversation(t *testing.T) {
	service := memservice.New(memservice.Config{})
	t.Cleanup(service.Close)
	server := httptest.NewServer(httpapi.New(service, httpapi.Options{Mail: service}))
	t.Cleanup(server.Close)
	const secret = "sixteen bytes or more"
	change, _, err := service.Register(t.Context(), roster.Register{Agent: roster.Agent{ID: "demo/bob", Secret: secret, Capabilities: []roster.Capability{{Name: "talk"}}}})
	if err != nil {
		t.Fatal(err)
	}
	anybody := &desk{t, nil, server.URL}
	bob := &desk{t, map[string]string{"ROSTER_AGENT": "demo/bob", "ROSTER_SECRET": secret, "ROSTER_EPOCH": strconv.FormatUint(uint64(change.Record.Epoch), 10)}, server.URL}

	anybody.must(`{"a":1}`, "send", "demo/bob", "--body", "-", "--topic", "first")
	anybody.must("", "cast", "--capability", "talk", "--text", "all")
	if out := anybody.must("", "mailbox", "demo/bob"); !strings.Contains(out, `"waiting": 2`) {
		t.Error(out)
	}
	var got struct{ Messages []mailbox.Delivery }
	if err := json.Unmarshal([]byte(bob.must("", "receive", "--max", "5")), &got); err != nil || len(got.Messages) != 2 || got.Messages[0].Topic != "first" || string(got.Messages[1].Body) != `"all"` {
		t.Fatalf("%+v, %v", got, err)
	}
	answered := make(chan string)
	go func() {
		out, err := anybody.run("", "send", "demo/bob", "--wait", "20s")
		answered <- fmt.Sprint(out, err)
	}()
	if err := json.Unmarshal([]byte(bob.must("", "receive", "--after", "2", "--wait", "20s")), &got); err != nil || len(got.Messages) != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	bob.must("", "reply", got.Messages[0].ReplyTo, "--text", "yes")
	if out := <-answered; !strings.Contains(out, `"answer": "yes"`) {
		t.Error(out)
	}
	for _, bad := range [][]string{{"receive"}, {"reply", "x"}, {"send", "demo/bob", "--body", "{"}, {"send", "demo/bob", "--body", "1", "--text", "x"}, {"send", "demo/nobody"}, {"send", "demo/bob", "--priority", "x"}, {"cast", "--text", "x"}} {
		if out, err := anybody.run("", bad...); err == nil || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v: %s, %v", bad, out, err)
		}
	}
}
