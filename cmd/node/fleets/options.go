package fleets

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"roster/client"
	"roster/cmd/node/screen"
)

// Options say how a subcommand reaches nodes and people. All are needed.
type Options struct {
	// Call calls the nodes that the command line names.
	Call func(cmd *cobra.Command, f func(context.Context, *client.Client) error) error
	// Output gives a command the flag -o; Form returns what it says, and whether to
	// show colours.
	Output func(*cobra.Command) *cobra.Command
	Form   func() (form string, colours bool)
	// Usage is the error for what was typed wrongly.
	Usage          func(format string, args ...any) error
	Args           func(cobra.PositionalArgs) cobra.PositionalArgs
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

func show[T any](o Options, document T, table func() *screen.Table) error {
	form, colours := o.Form()
	return screen.Show(o.Stdout, form, colours, document, table)
}

// Commands are the subcommands that stand by themselves. group makes one that only holds
// others.
func Commands(o Options, group func(use, short string, commands ...*cobra.Command) *cobra.Command) []*cobra.Command {
	return []*cobra.Command{Apply(o), Diff(o), group("fleets", "See, scale and take away fleets", List(o), Get(o), Scale(o), Delete(o))}
}
