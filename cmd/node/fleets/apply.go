package fleets

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"roster"
	"roster/client"
	"roster/cmd/node/screen"
	"roster/fleet"
)

// applied is what became of one fleet of a file.
type applied struct {
	ID      fleet.ID       `json:"id"`
	Outcome roster.Outcome `json:"outcome"`
	Count   int            `json:"count"`
	Running int            `json:"running"`
}

// fileFlag gives a command the flag -f.
func fileFlag(cmd *cobra.Command) *string {
	return cmd.Flags().StringP("file", "f", "", "file with fleets in YAML or JSON; - is standard input")
}

func (o Options) load(name string) ([]fleet.Fleet, error) {
	if name == "" {
		return nil, o.Usage("-f FILE: say which file")
	}
	all, err := Load(name, o.Stdin)
	if err != nil {
		return nil, o.Usage("%v", err)
	}
	return all, nil
}

// Apply enters and replaces the fleets of a file.
func Apply(o Options) *cobra.Command {
	var wait time.Duration
	cmd := &cobra.Command{
		Use: "apply -f FILE", Short: "Run the fleets of a file as it says", Args: o.Args(cobra.NoArgs),
		Long: "Run the fleets of a file as it says: new ones are entered, changed ones replaced. Where the\n" +
			"spec has changed members are replaced one after the other. Applied twice, a file changes nothing.",
		Example: "  roster apply -f fleet.yaml --wait 30s\n  roster diff -f fleet.yaml",
	}
	file := fileFlag(cmd)
	cmd.Flags().DurationVar(&wait, "wait", 0, "how long to wait until all members run")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		all, err := o.load(*file)
		if err != nil {
			return err
		}
		out := make([]applied, 0, len(all))
		for _, f := range all {
			if err := o.Call(cmd, func(ctx context.Context, c *client.Client) error {
				change, _, err := c.ChangeFleet(ctx, fleet.Set{Fleet: f})
				out = append(out, applied{ID: f.ID, Outcome: change.Outcome, Count: change.Fleet.Count})
				return err
			}); err != nil {
				return fmt.Errorf("fleet %s: %w", f.ID, err)
			}
		}
		waited := o.await(cmd, out, wait)
		if err := show(o, map[string][]applied{"fleets": out}, func() *screen.Table { return appliedTable(out, wait > 0) }); err != nil {
			return err
		}
		return waited
	}
	return o.Output(cmd)
}

// waitEvery is how often a fleet is looked at.
const waitEvery = 200 * time.Millisecond

// await waits until all members of the fleets run.
func (o Options) await(cmd *cobra.Command, all []applied, within time.Duration) error {
	if within <= 0 {
		return nil
	}
	deadline := time.NewTimer(within)
	defer deadline.Stop()
	for {
		missing := 0
		err := o.Call(cmd, func(ctx context.Context, c *client.Client) error {
			for i := range all {
				state, _, err := c.Fleet(ctx, all[i].ID, roster.Read{Level: roster.ReadLinearizable})
				if err != nil {
					return err
				}
				all[i].Count, all[i].Running = state.Count, state.Current // it may follow its load
				missing += max(0, all[i].Count-all[i].Running)
			}
			return nil
		})
		if err != nil || missing == 0 {
			return err
		}
		select {
		case <-time.After(waitEvery):
		case <-deadline.C:
			return roster.Errorf(roster.CodeUnavailable, "%d members do not run after %v: roster agents list --status registered, and roster agents explain ID", missing, within)
		case <-cmd.Context().Done():
			return cmd.Context().Err()
		}
	}
}

func appliedTable(all []applied, waited bool) *screen.Table {
	t := &screen.Table{Head: []string{"FLEET", "OUTCOME", "COUNT"}}
	if waited {
		t.Head = append(t.Head, "RUNNING")
	}
	for _, a := range all {
		row := []string{string(a.ID), string(a.Outcome), fmt.Sprint(a.Count)}
		if waited {
			row = append(row, fmt.Sprint(a.Running))
		}
		t.Add(row...)
	}
	return t
}
