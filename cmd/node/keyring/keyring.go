package keyring

import (
	"context"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"roster"
	"roster/client"
	"roster/cmd/node/daemon"
	"roster/cmd/node/screen"
)

// keyTextMax is how much of the standard input may be a key.
const keyTextMax = 1024

// Options say how a subcommand reaches nodes and people. All are needed.
type Options struct {
	// Call calls the nodes that the command line names.
	Call func(cmd *cobra.Command, f func(context.Context, *client.Client) error) error
	// Output gives a command the flag -o; Form returns what it says, and whether to
	// show colours.
	Output func(*cobra.Command) *cobra.Command
	Form   func() (form string, colours bool)
	// Usage is the error for what was typed wrongly.
	Usage  func(format string, args ...any) error
	Args   func(cobra.PositionalArgs) cobra.PositionalArgs
	Stdin  io.Reader
	Stdout io.Writer
}

// Command groups the subcommands.
func Command(o Options) *cobra.Command {
	cmd := &cobra.Command{Use: "keyring", Short: "Change the cluster key while the cluster works",
		Long: "Change the cluster key while the cluster works: make one with roster keygen, install it,\n" +
			"use it, put it into every node's key file, and remove the old one. Each step is done on\n" +
			"all living nodes, through any of them, and may be repeated. Keys are shown as\nfingerprints."}
	cmd.AddCommand(o.list(), o.install(), o.step("use", "Speak with a key that all living nodes hold", roster.KeyUse), o.step("remove", "Take a key no more that no node uses", roster.KeyRemove))
	return cmd
}

func (o Options) list() *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "Show which keys each node holds and uses, by fingerprint", Args: o.Args(cobra.NoArgs)}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return o.change(cmd, roster.KeyChange{}) }
	return o.Output(cmd)
}

func (o Options) install() *cobra.Command {
	var file string
	cmd := &cobra.Command{Use: "install [--key-file FILE]", Short: "Let all living nodes take one more key", Args: o.Args(cobra.NoArgs),
		Example: "  roster keygen --out new.key && roster keyring install --key-file new.key"}
	cmd.Flags().StringVar(&file, "key-file", "", "file with the key, as roster keygen makes it (default: the standard input)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		text, err := o.read(file)
		if err != nil {
			return o.Usage("--key-file: %v", err)
		}
		text = strings.TrimSpace(text)
		if _, err := daemon.ParseKey(text); err != nil {
			return o.Usage("the key: %v", err)
		}
		return o.change(cmd, roster.KeyChange{Act: roster.KeyInstall, Key: text})
	}
	return o.Output(cmd)
}

func (o Options) read(file string) (string, error) {
	if file != "" {
		return daemon.ReadKey(file)
	}
	raw, err := io.ReadAll(io.LimitReader(o.Stdin, keyTextMax))
	return string(raw), err
}

// step is a subcommand about a key that is installed.
func (o Options) step(use, short string, act roster.KeyAct) *cobra.Command {
	cmd := &cobra.Command{Use: use + " FINGERPRINT", Short: short, Args: o.Args(cobra.ExactArgs(1))}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if _, err := daemon.ParseKey(args[0]); err == nil {
			return o.Usage("that is a key, and now it stands in this machine's list of processes: name its fingerprint, and make another key")
		}
		return o.change(cmd, roster.KeyChange{Act: act, Fingerprint: args[0]})
	}
	return o.Output(cmd)
}

func (o Options) change(cmd *cobra.Command, c roster.KeyChange) error {
	return o.Call(cmd, func(ctx context.Context, api *client.Client) error {
		ring, err := api.Keyring(ctx, c)
		if err != nil {
			return err
		}
		form, colours := o.Form()
		return screen.Show(o.Stdout, form, colours, ring, func() *screen.Table { return table(ring) })
	})
}

func table(ring roster.Keyring) *screen.Table {
	t := &screen.Table{Head: []string{"NODE", "USES", "HOLDS"}}
	for _, n := range ring.Nodes {
		if n.Error != "" {
			t.Add(string(n.Node), "?", screen.Quote(n.Error))
			continue
		}
		t.Add(string(n.Node), n.Uses, strings.Join(n.Holds, ","))
	}
	return t
}
