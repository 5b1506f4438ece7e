package tokens

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"roster/audit"
)

// VerifyAudit follows the chain of an audit log.
func VerifyAudit(o Options) *cobra.Command {
	return &cobra.Command{
		Use: "verify FILE", Short: "Check that no line of an audit log was changed or taken out", Args: o.Args(cobra.ExactArgs(1)),
		Long: "Check that no line of an audit log was changed or taken out, and print the number of its\nlines and the hash of the last. Lines that are missing at the end show only by that hash:\nkeep it where the node cannot reach it.",
		RunE: func(_ *cobra.Command, names []string) error {
			file, err := os.Open(names[0])
			if err != nil {
				return o.Usage("%v", err)
			}
			defer file.Close()
			s, err := audit.Verify(file)
			if err != nil {
				return fmt.Errorf("%s: %w", names[0], err)
			}
			_, err = fmt.Fprintf(o.Stdout, "%d lines, last %s\n", s.Lines, s.Last)
			return err
		},
	}
}
