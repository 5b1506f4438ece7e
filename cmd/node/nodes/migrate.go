package nodes

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"roster"
	"roster/client"
	"roster/cmd/node/survey"
)

// Options say how a subcommand reaches nodes and people. All are needed.
type Options struct {
	// Call calls the nodes that the command line names.
	Call func(cmd *cobra.Command, f func(context.Context, *client.Client) error) error
	// Turn makes the node at addr the one that Call calls.
	Turn func(addr string)
	// Usage is the error for what was typed wrongly.
	Usage          func(format string, args ...any) error
	Args           func(cobra.PositionalArgs) cobra.PositionalArgs
	Stdout, Stderr io.Writer
	// Survey returns what asks every node.
	Survey func() (*survey.Surveyor, error)
	// Output gives a command the flag -o, Read --watch, too; Form returns what -o says, and
	// whether to use colours.
	Output func(*cobra.Command) *cobra.Command
	Read   func(cmd *cobra.Command, show func(ctx context.Context, c *client.Client, w io.Writer, args []string) error) *cobra.Command
	Form   func() (form string, colours bool)
}

// MigrateStore moves the logs of a node into another store.
func MigrateStore(o Options) *cobra.Command {
	var to string
	cmd := &cobra.Command{
		Use: "migrate-store --to shared|bolt [NODE]", Short: "Move the logs of a node's shards into another store", Args: o.Args(cobra.MaximumNArgs(1)),
		Long: "Move the logs of all shards of a node into another store, one after the other, while\n" +
			"they work: of NODE, an id or a name, or of the node at --addr. What was interrupted is\ncontinued by the same command.",
		RunE: func(cmd *cobra.Command, names []string) error {
			if to != "shared" && to != "bolt" {
				return o.Usage("--to: want shared or bolt")
			}
			if len(names) == 1 {
				m, err := o.member(cmd, names[0])
				if err != nil {
					return err
				}
				o.Turn(m.HTTP)
			}
			return o.migrate(cmd, to)
		},
	}
	cmd.Flags().StringVar(&to, "to", "", "shared: one log for all shards; bolt: a file for each")
	return cmd
}

// migrate repeats the request until nothing is left; each has the time of --timeout.
func (o Options) migrate(cmd *cobra.Command, to string) error {
	total := 0
	for range roster.ShardsMax + 1 {
		left := 0
		if err := o.Call(cmd, func(ctx context.Context, c *client.Client) error {
			moves, err := c.MigrateStore(ctx, to)
			total, left = total+moves.Moved, moves.Left
			return err
		}); err != nil {
			return err
		}
		if left == 0 {
			break
		}
		fmt.Fprintf(o.Stderr, "%d moved, %d left\n", total, left)
	}
	_, err := fmt.Fprintf(o.Stdout, "%d logs moved to %s\n", total, to)
	return err
}
