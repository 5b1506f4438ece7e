package archive_test

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"roster"
	"roster/backup"
	"roster/cmd/node/archive"
)

// An archive that was cut off is refused.
func Example() {
	dir, err := os.MkdirTemp("", "archive")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	file := dir + "/monday.roster"
	part := backup.Part{State: bytes.NewBufferString("")}
	if _, _, err := backup.Save(file, func(w io.Writer) error { return backup.Write(w, backup.Manifest{}, []backup.Part{part}) }); err != nil {
		fmt.Println(err)
		return
	}
	inspect := archive.Inspect(archive.Options{
		Output: func(cmd *cobra.Command) *cobra.Command { return cmd },
		Form:   func() (string, bool) { return "table", false },
		Args:   func(check cobra.PositionalArgs) cobra.PositionalArgs { return check },
		Stdout: io.Discard, Stderr: io.Discard,
	})
	inspect.SilenceErrors, inspect.SilenceUsage = true, true
	inspect.SetArgs([]string{file})
	fmt.Println(inspect.Execute())
	if err := os.Truncate(file, 3000); err != nil {
		fmt.Println(err)
	}
	fmt.Println(roster.CodeOf(inspect.Execute()))
	// Output:
	// <nil>
	// Invalid
}
