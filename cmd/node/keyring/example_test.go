package keyring_test

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"roster/cmd/node/keyring"
)

// A key that is none is refused before anybody is asked.
func Example() {
	cmd := keyring.Command(keyring.Options{
		Output: func(cmd *cobra.Command) *cobra.Command { return cmd },
		Usage:  fmt.Errorf,
		Args:   func(check cobra.PositionalArgs) cobra.PositionalArgs { return check },
		Stdin:  strings.NewReader("too short\n"), Stdout: os.Stdout,
	})
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs([]string{"install"})
	fmt.Println(cmd.Execute())
	// Output:
	// the key: not base64: make a key with: roster keygen
}
