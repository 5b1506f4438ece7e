package tokens_test

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"roster/cmd/node/tokens"
)

func Example() {
	cmd := tokens.Create(tokens.Options{
		Output: func(cmd *cobra.Command) *cobra.Command { return cmd },
		Usage:  fmt.Errorf,
		Args:   func(check cobra.PositionalArgs) cobra.PositionalArgs { return check },
		Stdout: os.Stdout, Stderr: io.Discard,
	})
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs([]string{"ci", "--rule", "reed"})
	fmt.Println(cmd.Execute())
	// Output:
	// --rule: want at least one, such as read:payments or admin: rules: rule "reed": want read, write or admin, and perhaps a namespace, as in write:payments or read:team-*
}
