package tls_test

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"roster/cmd/node/tls"
)

func Example() {
	cmd := tls.CA(tls.Options{
		Stdout: io.Discard, Program: "roster", Usage: fmt.Errorf,
		Args: func(check cobra.PositionalArgs) cobra.PositionalArgs { return check },
	})
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs([]string{"--out", os.DevNull, "--cluster", "two words"})
	fmt.Println(cmd.Execute())
	// Output:
	// --cluster: cluster name "two words" cannot stand in a certificate: want 1 to 64 of A-Z a-z 0-9 - _ and single dots
}
