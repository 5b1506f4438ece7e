package fleets

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"roster"
	"roster/client"
	"roster/cmd/node/screen"
	"roster/fleet"
)

// List lists fleets.
func List(o Options) *cobra.Command {
	var namespace string
	cmd := &cobra.Command{Use: "list", Short: "List the fleets, with their members by status", Args: o.Args(cobra.NoArgs)}
	cmd.Flags().StringVar(&namespace, "namespace", "*", "a namespace, or its beginning and *")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return o.Call(cmd, func(ctx context.Context, c *client.Client) error {
			all, err := c.Fleets(ctx, namespace)
			if err != nil {
				return err
			}
			return show(o, map[string][]fleet.State{"fleets": all}, func() *screen.Table { return table(all) })
		})
	}
	return o.Output(cmd)
}

// Get shows one fleet.
func Get(o Options) *cobra.Command {
	cmd := &cobra.Command{Use: "get FLEET", Short: "Show one fleet", Args: o.Args(cobra.ExactArgs(1))}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return o.Call(cmd, func(ctx context.Context, c *client.Client) error {
			state, _, err := c.Fleet(ctx, fleet.ID(args[0]), roster.Read{})
			if err != nil {
				return err
			}
			if err := show(o, state, func() *screen.Table { return table([]fleet.State{state}) }); err != nil {
				return err
			}
			if form, _ := o.Form(); form == screen.AsTable {
				_, err = fmt.Fprint(o.Stdout, follows(&state))
			}
			return err
		})
	}
	return o.Output(cmd)
}

func table(all []fleet.State) *screen.Table {
	t := &screen.Table{Head: []string{"FLEET", "COUNT", "MEMBERS", "SCALING", "DRIVER", "POLICY", "SHARD", "REVISION", "SCALED"}}
	for _, s := range all {
		members := membersText(s.Members)
		if s.Dropped {
			members += ", going"
		}
		t.Add(string(s.ID), strconv.Itoa(s.Count), members, scalingText(s.Scaling), s.Spec.Driver, string(s.Rule()), s.Shard.String(), strconv.FormatUint(uint64(s.Revision), 10), scaledText(s.Scaled))
	}
	return t
}

// membersText is how many members are in each status, those that run first.
func membersText(members map[roster.Status]int) string {
	var parts []string
	for status, n := range members {
		parts = append(parts, fmt.Sprintf("%d %s", n, status))
	}
	slices.SortFunc(parts, func(a, b string) int {
		if r := strings.HasSuffix(b, string(roster.StatusRunning)); r != strings.HasSuffix(a, string(roster.StatusRunning)) {
			if r {
				return 1
			}
			return -1
		}
		return strings.Compare(a, b)
	})
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}

// Scale changes how many members a fleet has.
func Scale(o Options) *cobra.Command {
	cmd := &cobra.Command{Use: "scale FLEET COUNT", Short: "Change how many members a fleet has", Args: o.Args(cobra.ExactArgs(2)),
		Long: "Change how many members a fleet has. One that follows its load (scaling) keeps that only until\nits next decision."}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		count, err := strconv.Atoi(args[1])
		if err != nil {
			return o.Usage("COUNT %s is not a whole number", screen.Quote(args[1]))
		}
		return o.change(cmd, fleet.Scale{ID: fleet.ID(args[0]), Count: count})
	}
	return cmd
}

// Delete takes a fleet away.
func Delete(o Options) *cobra.Command {
	cmd := &cobra.Command{Use: "delete FLEET", Short: "Stop the members of a fleet and take it away", Args: o.Args(cobra.ExactArgs(1))}
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return o.change(cmd, fleet.Drop{ID: fleet.ID(args[0])}) }
	return cmd
}

func (o Options) change(cmd *cobra.Command, c roster.Command) error {
	return o.Call(cmd, func(ctx context.Context, cl *client.Client) error {
		change, _, err := cl.ChangeFleet(ctx, c)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(o.Stdout, "%s %s, %d members wanted\n%s", change.Fleet.ID, change.Outcome, wanted(change.Fleet), overruled(c, &change.Fleet))
		return err
	})
}

func wanted(s fleet.State) int {
	if s.Dropped {
		return 0
	}
	return s.Count
}
