package doctor

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"roster/cmd/node/doctor/machine"
	"roster/cmd/node/doctor/rules"
	"roster/cmd/node/screen"
	"roster/cmd/node/survey"
)

// Options say how the subcommand reaches nodes and people. All are needed.
type Options struct {
	// Survey returns what asks the nodes that the command line names.
	Survey func() (*survey.Surveyor, error)
	// Output gives a command the flag -o; Form returns its value, and whether to use colours.
	Output func(*cobra.Command) *cobra.Command
	Form   func() (form string, colours bool)
	// Usage is the error for what was typed wrongly, Failed the one that says nothing and
	// exits with 1.
	Usage  func(format string, args ...any) error
	Failed error
	Args   func(cobra.PositionalArgs) cobra.PositionalArgs
	Stdout io.Writer
}

// Report is what the doctor found.
type Report struct {
	OK       bool            `json:"ok"` // nothing is an error
	Nodes    int             `json:"nodes"`
	Answered int             `json:"answered"`
	Findings []rules.Finding `json:"findings"`
}

// Command asks all nodes, measures a directory if it is told one, and says what is wrong.
func Command(o Options) *cobra.Command {
	dir := ""
	cmd := &cobra.Command{
		Use: "doctor", Short: "Say what is wrong with the cluster, and how to mend it", Args: o.Args(cobra.NoArgs),
		Long: "Ask all nodes that can be reached and say what is wrong, why it matters and how to mend\n" +
			"it. With --data-dir also measure this machine's disk there: a few synced writes to a file\n" +
			"of its own. It changes nothing. The exit status is 1 when something is an error; warnings\n" +
			"and notes leave it 0. With tokens, one that may admin sees most.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := o.Survey()
			if err != nil {
				return err
			}
			defer s.Close()
			seen := rules.Observed{Now: time.Now()}
			if dir != "" {
				if seen.Machine, err = measure(cmd, dir); err != nil {
					return o.Usage("--data-dir: %v", err)
				}
			}
			found, err := s.Look(cmd.Context())
			if err != nil {
				return err
			}
			seen.Cluster = *found
			return o.tell(Examine(seen))
		},
	}
	cmd.Flags().StringVar(&dir, "data-dir", "", "directory whose disk to measure, such as that of the node on this machine")
	return o.Output(cmd)
}

func measure(cmd *cobra.Command, dir string) (rules.Machine, error) {
	m, err := machine.Measure(cmd.Context(), dir)
	return rules.Machine{Dir: dir, SyncP50: m.SyncP50, SyncP99: m.SyncP99, Free: m.Free, Size: m.Size, Files: m.Files}, err
}

// Examine makes a report of what was observed.
func Examine(o rules.Observed) Report {
	findings := rules.Examine(o)
	return Report{OK: !rules.Failed(findings), Nodes: len(o.Cluster.Nodes), Answered: len(o.Cluster.Answered()), Findings: findings}
}

func (o Options) tell(r Report) error {
	form, colours := o.Form()
	if err := screen.Show(o.Stdout, form, colours, r, r.table); err != nil {
		return err
	}
	if form == screen.AsTable {
		if _, err := fmt.Fprintf(o.Stdout, "%s: %d of %d nodes answered, %d things looked at\n", r.verdict(), r.Answered, r.Nodes, len(rules.Checks())); err != nil {
			return err
		}
	}
	if !r.OK {
		return o.Failed
	}
	return nil
}

// table is three lines a finding: what, why and what to do.
func (r Report) table() *screen.Table {
	t := &screen.Table{}
	for _, f := range r.Findings {
		t.Add(string(f.Severity), f.Check, f.What)
		t.Add("", "  why", f.Why)
		t.Add("", "  mend", f.Mend)
	}
	return t
}

// verdict says what the findings come to.
func (r Report) verdict() string {
	counts := map[rules.Severity]int{}
	for _, f := range r.Findings {
		counts[f.Severity]++
	}
	if len(r.Findings) == 0 {
		return "nothing is wrong"
	}
	return fmt.Sprintf("errors %d, warnings %d, notes %d", counts[rules.Error], counts[rules.Warning], counts[rules.Note])
}
