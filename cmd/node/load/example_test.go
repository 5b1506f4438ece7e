package load_test

import (
	"fmt"
	"os"

	"roster/cmd/node/load"
)

func Example() {
	o := load.Options{Stdout: os.Stdout, Stderr: os.Stderr, Usage: fmt.Errorf, Addresses: func() []string { return nil }}
	cmd := load.Run(o)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs([]string{"stedy"})
	fmt.Println(cmd.Execute())
	// Output: "stedy" is no profile: did you mean steady?
}
