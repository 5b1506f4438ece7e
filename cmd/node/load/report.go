package load

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"roster/loadgen/report"
)

// Report returns the command "report".
func Report(o Options) *cobra.Command {
	var out output
	cmd := &cobra.Command{
		Use: "report FILE", Short: "Show a report again: as text, or as one page with plots", Args: o.exactly(1, "one file of roster load run -o json"),
		Long:    "Show a report again: as text, or as one page with plots that loads nothing from anywhere.",
		Example: "  roster load report new.json\n  roster load report new.json --out new.html",
	}
	out.flags(cmd, asText, asJSON, asHTML)
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		if err := out.settle(o); err != nil {
			return err
		}
		r, err := read(o, args[0])
		if err != nil {
			return err
		}
		return out.write(o, r)
	}
	return cmd
}

// read reads a report from a file.
func read(o Options, name string) (report.Report, error) {
	file, err := os.Open(name)
	if err != nil {
		return report.Report{}, o.Usage("%v", err)
	}
	defer file.Close()
	r, err := report.Read(file)
	if err != nil {
		return report.Report{}, o.Usage("%s: %v", name, err)
	}
	return r, nil
}

// render writes a report in the form that was asked for.
func (out *output) render(w io.Writer, r report.Report) error {
	switch out.form {
	case asJSON:
		return r.Write(w)
	case asHTML:
		return report.WritePage(w, r)
	case asText:
		return report.WriteText(w, r)
	}
	return fmt.Errorf("no form %s", out.form)
}
