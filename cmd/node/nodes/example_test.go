package nodes_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"roster/client"
	"roster/cmd/node/nodes"
)

func Example() {
	cmd := nodes.MigrateStore(nodes.Options{
		Call: func(*cobra.Command, func(context.Context, *client.Client) error) error {
			return errors.New("no node answers")
		},
		Usage:  fmt.Errorf,
		Args:   func(check cobra.PositionalArgs) cobra.PositionalArgs { return check },
		Stdout: os.Stdout, Stderr: io.Discard,
	})
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs([]string{"--to", "tape"})
	fmt.Println(cmd.Execute())
	cmd.SetArgs([]string{"--to", "bolt"})
	fmt.Println(cmd.Execute())
	// Output:
	// --to: want shared or bolt
	// no node answers
}
