package load

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"roster/cmd/node/screen"
	"roster/loadgen/verdict"
)

// compareFlags is what "compare" is told.
type compareFlags struct {
	output
	budget, planted string
}

// Compare returns the command "compare".
func Compare(o Options) *cobra.Command {
	var f compareFlags
	cmd := &cobra.Command{
		Use: "compare BASE NEW", Short: "Hold the figures of two reports against a budget", Args: o.exactly(2, "two files of roster load run -o json"),
		Long:    "Hold the figures of two reports against a budget, print what exceeds it as\noperation.metric: actual > budget, and exit with 1 if anything does. A budget is YAML or\nJSON: lookup.p99: 50ms binds the new report, lookup.p50: +15% binds it to the base. Without\none, no p50 and no CPU time of an operation may worsen by 15 %, and nothing may go wrong.\nRepeat runs (run --repeat 10), so that noise can be told from change.",
		Example: "  roster load compare base.json new.json\n  roster load compare --budget budget.yaml base.json new.json\n  roster load compare --planted 15% base.json base.json   # shows that the gate closes",
	}
	f.flags(cmd, asText, asJSON)
	cmd.Flags().StringVar(&f.budget, "budget", "", "file of limits (default: p50 and CPU +15%, errors and violations 0)")
	cmd.Flags().StringVar(&f.planted, "planted", "", "worsen every figure of NEW by this much first, such as 15%: a test of the gate itself")
	cmd.RunE = func(_ *cobra.Command, args []string) error { return f.run(o, args[0], args[1]) }
	return cmd
}

func (f *compareFlags) run(o Options, base, next string) error {
	if err := f.settle(o); err != nil {
		return err
	}
	planted, err := part(o, f.planted)
	if err != nil {
		return err
	}
	budget, err := readBudget(o, f.budget)
	if err != nil {
		return err
	}
	before, err := read(o, base)
	if err != nil {
		return err
	}
	after, err := read(o, next)
	if err != nil {
		return err
	}
	c, err := verdict.Compare(budget, before, after, planted)
	if err != nil {
		return o.Usage("%v", err)
	}
	if err := f.show(o, c); err != nil {
		return err
	}
	if n := len(c.Breaches()); n > 0 {
		return fmt.Errorf("%d of %d figures exceed the budget", n, len(c.Findings))
	}
	return nil
}

// part reads a percentage.
func part(o Options, word string) (float64, error) {
	if word == "" {
		return 0, nil
	}
	number, ok := strings.CutSuffix(strings.TrimPrefix(word, "+"), "%")
	value, err := strconv.ParseFloat(number, 64)
	if !ok || err != nil || value <= 0 || value > 1000 {
		return 0, o.Usage("--planted %s: want a percentage such as 15%%", screen.Quote(word))
	}
	return value / 100, nil
}

func readBudget(o Options, name string) (verdict.Budget, error) {
	if name == "" {
		return verdict.Default(), nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, o.Usage("--budget: %v", err)
	}
	defer file.Close()
	budget, err := verdict.ReadBudget(file)
	if err != nil {
		return nil, o.Usage("--budget %s: %v", name, err)
	}
	return budget, nil
}

// show writes the comparison.
func (f *compareFlags) show(o Options, c verdict.Comparison) error {
	w := o.Stdout
	if f.file != "" {
		file, err := os.Create(f.file)
		if err != nil {
			return o.Usage("--out: %v", err)
		}
		defer file.Close()
		w = file
	}
	if f.form == asJSON {
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", " ")
		return encoder.Encode(c)
	}
	t := &screen.Table{Head: []string{"FIGURE", "BASE", "NEW", "CHANGE", "LIMIT", "VERDICT"}}
	for _, finding := range c.Findings {
		t.Add(finding.Name, amount(finding.Base, finding.Unit), amount(finding.New, finding.Unit), change(finding), finding.Limit, word(finding))
	}
	if err := t.Write(w, false); err != nil {
		return err
	}
	for _, finding := range c.Breaches() {
		fmt.Fprintln(w, finding.Text)
	}
	for _, note := range c.Notes {
		fmt.Fprintln(o.Stderr, "note: "+note)
	}
	return nil
}

// change is by how much a figure changed, as it is.
func change(f verdict.Finding) string {
	if f.Base == 0 {
		return "-"
	}
	return fmt.Sprintf("%+.1f%%", 100*(f.New-f.Base)/f.Base)
}

func word(f verdict.Finding) string {
	switch {
	case f.Breach:
		return "EXCEEDED"
	case f.Unproven:
		return "noise? repeat more"
	}
	return "ok"
}

func amount(value float64, unit string) string { return fmt.Sprintf("%.4g%s", value, unit) }
