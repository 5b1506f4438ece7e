package load

import (
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"roster/client/trust"
	"roster/cmd/node/screen"
)

// Options is what the commands take from outside.
type Options struct {
	Stdout, Stderr io.Writer
	Version        string
	// Addresses returns the nodes that the global flags name.
	Addresses func() []string
	// Token returns the access token that the flags or the environment hold, or "".
	Token func() (string, error)
	// TLS returns the files that they name for https; nil: none.
	TLS func() trust.Files
	// Usage makes an error of the command line itself.
	Usage func(format string, values ...any) error
}

// The forms of a report.
const (
	asText = "text"
	asJSON = "json"
	asHTML = "html"
)

// output is where a report goes.
type output struct {
	form, file string
	forms      []string
}

// flags gives cmd the flags of an output.
func (out *output) flags(cmd *cobra.Command, forms ...string) {
	out.forms = forms
	cmd.Flags().StringVarP(&out.form, "output", "o", "", "form of the output: "+strings.Join(forms, ", ")+" (default: as --out ends, else text)")
	cmd.Flags().StringVar(&out.file, "out", "", "write to this file instead; text still shows here")
}

// settle checks the flags, and guesses the form from the file's name.
func (out *output) settle(o Options) error {
	if out.form == "" {
		out.form = asText
		for _, form := range out.forms {
			if strings.HasSuffix(out.file, "."+form) {
				out.form = form
			}
		}
	}
	if !slices.Contains(out.forms, out.form) {
		return o.Usage("-o %s: want %s", screen.Quote(out.form), strings.Join(out.forms, ", "))
	}
	return nil
}

// exactly makes the number of arguments a usage error that says what is wanted.
func (o Options) exactly(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != n {
			return o.Usage("%s: want %s; usage: %s", cmd.CommandPath(), what, cmd.UseLine())
		}
		return nil
	}
}
