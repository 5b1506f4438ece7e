package fleets

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"roster"
	"roster/client"
	"roster/cmd/node/screen"
	"roster/fleet"
)

// Explain says why a member is where it is.
func Explain(o Options) *cobra.Command {
	cmd := &cobra.Command{Use: "explain ID", Short: "Say why a member of a fleet is where it is, and what speaks against each node", Args: o.Args(cobra.ExactArgs(1))}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return o.Call(cmd, func(ctx context.Context, c *client.Client) error {
			x, err := c.Explain(ctx, roster.AgentID(args[0]))
			if err != nil {
				return err
			}
			if form, _ := o.Form(); form == screen.AsTable {
				said, err := c.Standing(ctx, x.Agent)
				if err != nil && roster.CodeOf(err) != roster.CodeNotFound {
					return err
				}
				if err := o.tell(x, said); err != nil {
					return err
				}
			}
			return show(o, x, func() *screen.Table { return verdicts(x) })
		})
	}
	return o.Output(cmd)
}

// tell says in words what the table does not.
func (o Options) tell(x fleet.Explanation, said fleet.Said) error {
	where := "has no node"
	if x.Node != "" {
		where = "is on " + string(x.Node) + " under epoch " + strconv.FormatUint(uint64(x.Epoch), 10)
	}
	now := "no node would take it now"
	if x.Now != "" {
		now = "a plan would choose " + string(x.Now) + " now"
	}
	if said.Word != "" {
		now += fmt.Sprintf("\nit said %v ago that it is %s, %d %% busy: %s", time.Duration(said.Age).Round(time.Second), said.Word, said.Busy, screen.Clean(said.Progress, false))
	}
	_, err := fmt.Fprintf(o.Stdout, "%s is %s and %s: %s\n%d failures in a row; by policy %s %s\n\n", x.Agent, x.Status, where, screen.Clean(x.Reason, false), x.Failures, x.Policy, now)
	return err
}

func verdicts(x fleet.Explanation) *screen.Table {
	t := &screen.Table{Head: []string{"NODE", "POINTS", "VERDICT"}}
	for _, v := range x.Nodes {
		points := "-"
		if v.Fits {
			points = strconv.FormatInt(v.Points, 10)
		}
		t.Add(string(v.Node), points, v.Why)
	}
	return t
}

// Logs shows what a member has printed.
func Logs(o Options) *cobra.Command {
	var most int
	cmd := &cobra.Command{Use: "logs ID", Short: "Show the end of what a member of a fleet has printed on its node", Args: o.Args(cobra.ExactArgs(1)),
		Long: "Show the end of what a member has printed on the node where it is: the driver exec keeps it,\n2 MiB at most. What it printed on other nodes before is there."}
	cmd.Flags().IntVar(&most, "bytes", fleet.OutputDefault, "how much at most, up to "+strconv.Itoa(fleet.OutputMax))
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return o.Call(cmd, func(ctx context.Context, c *client.Client) error {
			out, err := c.Output(ctx, roster.AgentID(args[0]), most)
			if err != nil {
				return err
			}
			_, err = fmt.Fprint(o.Stdout, screen.Clean(out.Text, true))
			return err
		})
	}
	return cmd
}

// Restart has a member stop and start again where it runs.
func Restart(o Options) *cobra.Command {
	cmd := &cobra.Command{Use: "restart ID", Short: "Stop a member of a fleet and start it again, on its node if that has room", Args: o.Args(cobra.ExactArgs(1))}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return o.Call(cmd, func(ctx context.Context, c *client.Client) error {
			id := roster.AgentID(args[0])
			r, _, err := c.Lookup(ctx, id, roster.Read{Level: roster.ReadLinearizable})
			if err != nil {
				return err
			}
			return o.recall(ctx, c, fleet.Recall{Agent: id, If: r.Epoch, Node: r.Node, Reason: "restarted by an operator"})
		})
	}
	return cmd
}

// Move has a member go to another node.
func Move(o Options) *cobra.Command {
	var to string
	cmd := &cobra.Command{Use: "move ID [--to NODE]", Short: "Stop a member of a fleet and start it on another node", Args: o.Args(cobra.ExactArgs(1))}
	cmd.Flags().StringVar(&to, "to", "", "id of the node that it goes to if that has room (default: any other)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return o.Call(cmd, func(ctx context.Context, c *client.Client) error {
			if err := movable(ctx, c, roster.AgentID(args[0]), roster.NodeID(to)); err != nil {
				return err
			}
			return o.recall(ctx, c, fleet.Recall{Agent: roster.AgentID(args[0]), Node: roster.NodeID(to), Leave: true, Reason: "moved by an operator"})
		})
	}
	return cmd
}

// movable refuses a move for which there is no node now: the member would stop and wait.
func movable(ctx context.Context, c *client.Client, id roster.AgentID, to roster.NodeID) error {
	x, err := c.Explain(ctx, id)
	if err != nil {
		return err
	}
	why := "there is no other node"
	for _, v := range x.Nodes {
		switch {
		case v.Node == x.Node && to != x.Node || to != "" && v.Node != to:
		case v.Fits:
			return nil
		default:
			why = "node " + string(v.Node) + " " + v.Why
		}
	}
	return roster.Errorf(roster.CodeRefused, "%s cannot be moved now: %s", id, why)
}

func (o Options) recall(ctx context.Context, c *client.Client, command fleet.Recall) error {
	result, _, err := c.Do(ctx, command)
	if err != nil {
		return err
	}
	status := roster.StatusStopping
	if change, ok := result.Value.(roster.Change); ok && change.Record != nil {
		status = change.Record.Status
	}
	_, err = fmt.Fprintf(o.Stdout, "%s is %s\n", command.Agent, status)
	return err
}
