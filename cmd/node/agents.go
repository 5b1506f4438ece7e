package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"roster"
	"roster/client"
	"roster/cmd/node/fleets"
	"roster/cmd/node/pick"
	"roster/cmd/node/screen"
)

func (a *app) agentsCommand(f fleets.Options) *cobra.Command {
	return group("agents", "Register, find, list, change and watch agents",
		a.registerCommand(), a.getCommand(), a.findCommand(), a.listCommand(), a.updateCommand(),
		a.deregisterCommand(), a.importCommand(), a.watchCommand(),
		fleets.Explain(f), fleets.Restart(f), fleets.Move(f), fleets.Logs(f))
}

func (a *app) getCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "get ID", Short: "Show one agent", Args: args(cobra.ExactArgs(1))}
	level := pick.Reading(cmd)
	return a.readCommand(cmd, func(ctx context.Context, c *client.Client, w io.Writer, args []string) error {
		record, _, err := c.Lookup(ctx, roster.AgentID(args[0]), level.Read())
		if err != nil {
			return err
		}
		return show(a, w, record, func() *screen.Table { return agentTable(record) })
	})
}

func (a *app) findCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "find", Short: "Find agents by what they can do, best first with --text", Args: args(cobra.NoArgs),
		Long: "Find agents. Every flag must hold. Critical agents are left out unless --health asks for them.",
	}
	return a.listLike(cmd, false)
}

func (a *app) listCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List agents in any state of health", Args: args(cobra.NoArgs)}
	return a.listLike(cmd, true)
}

// listLike makes cmd a list of agents.
func (a *app) listLike(cmd *cobra.Command, anyHealth bool) *cobra.Command {
	selected := pick.Selecting(cmd)
	level := pick.Reading(cmd)
	var all, explain bool
	var limit int
	var cursor string
	cmd.Flags().IntVar(&limit, "limit", roster.ListLimit, "agents on one page, at most "+strconv.Itoa(roster.ListLimitMax))
	cmd.Flags().StringVar(&cursor, "cursor", "", "go on where a page ended")
	cmd.Flags().BoolVar(&all, "all", false, "show all pages")
	if !anyHealth {
		cmd.Flags().BoolVar(&explain, "explain", false, "show how each shard found the agents")
	}
	return a.readCommand(cmd, func(ctx context.Context, c *client.Client, w io.Writer, _ []string) error {
		q, err := selected.Query()
		if err != nil {
			return err
		}
		if limit < 1 || limit > roster.ListLimitMax {
			return usagef("--limit %d: want 1 to %d", limit, roster.ListLimitMax)
		}
		q.AnyHealth, q.Limit, q.Cursor, q.Explain, q.Read = anyHealth, limit, roster.Cursor(cursor), explain, level.Read()
		page, err := a.pages(ctx, c, q, all)
		if err != nil {
			return err
		}
		return a.showPage(w, page)
	})
}

// pages returns one page, or all of them as one.
func (a *app) pages(ctx context.Context, c *client.Client, q roster.Query, all bool) (roster.Page, error) {
	page, err := c.Find(ctx, q)
	for err == nil && all && page.Cursor != "" {
		q.Cursor = page.Cursor
		var next roster.Page
		next, err = c.Find(ctx, q)
		page.Agents = append(page.Agents, next.Agents...)
		page.Cursor = next.Cursor
		// The first token stays: it is the moment from which a watch misses nothing.
	}
	return page, err
}

func (a *app) showPage(w io.Writer, page roster.Page) error {
	return show(a, w, page, func() *screen.Table {
		t := agentsTable(page.Agents)
		if page.Cursor != "" {
			a.say("There are more: --all, or --cursor %s", page.Cursor)
		}
		for _, line := range page.Plan {
			a.say("plan: %s", screen.Clean(line, false))
		}
		return t
	})
}

func agentsTable(records []*roster.Record) *screen.Table {
	t := &screen.Table{Head: []string{"AGENT", "CAPABILITIES", "STATUS", "HEALTH", "LABELS", "DESCRIPTION"}}
	for _, r := range records {
		t.Add(string(r.ID), screen.Shorten(capabilities(r), 40), string(r.Status), string(r.Health.State),
			screen.Shorten(pairs(r.Labels), 40), screen.Shorten(r.Description, 50))
	}
	return t
}

// agentTable shows one agent in full.
func agentTable(r *roster.Record) *screen.Table {
	t := &screen.Table{}
	t.Add("agent", string(r.ID))
	t.Add("capabilities", orDash(capabilities(r)))
	t.Add("labels", orDash(pairs(r.Labels)))
	for _, e := range r.Endpoints {
		t.Add("endpoint", strings.TrimSpace(e.Name+" "+e.URL))
	}
	t.Add("description", orDash(r.Description))
	for key, value := range r.Metadata.All() {
		t.Add("metadata", key+"="+screen.Shorten(value, 100))
	}
	t.Add("status", string(r.Status))
	t.Add("health", string(r.Health.State))
	if r.Health.Reason != "" {
		t.Add("reason", r.Health.Reason)
	}
	t.Add("owner", strings.TrimSpace(string(r.Owner.Kind)+" "+r.Owner.ID))
	t.Add("node", orDash(string(r.Node)))
	t.Add("shard", r.Shard.String())
	t.Add("revision", fmt.Sprintf("%d (epoch %d)", r.Revision, r.Epoch))
	t.Add("created", r.CreatedAt.Time().Format("2006-01-02 15:04:05Z"))
	t.Add("updated", r.UpdatedAt.Time().Format("2006-01-02 15:04:05Z"))
	return t
}

func capabilities(r *roster.Record) string {
	words := make([]string, len(r.Capabilities))
	for i, c := range r.Capabilities {
		words[i] = c.Name
		if c.Version != "" {
			words[i] += "@" + c.Version
		}
	}
	return strings.Join(words, ",")
}

func pairs(m roster.Map) string {
	words := make([]string, 0, len(m))
	for key, value := range m.All() {
		words = append(words, key+"="+value)
	}
	return strings.Join(words, ",")
}

// about names the agent in an error that does not name it itself.
func about(id string, err error) error {
	if strings.Contains(err.Error(), id) {
		return err
	}
	return fmt.Errorf("%s: %w", id, err)
}

func (a *app) deregisterCommand() *cobra.Command {
	var ifMatch uint64
	cmd := &cobra.Command{Use: "deregister ID…", Short: "Take agents off the roll", Args: args(cobra.MinimumNArgs(1))}
	cmd.Flags().Uint64Var(&ifMatch, "if-match", 0, "only if this is the agent's revision")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if ifMatch != 0 && len(args) > 1 {
			return usagef("--if-match: want one agent with it")
		}
		return a.call(cmd, func(ctx context.Context, c *client.Client) error {
			var faults []error
			for _, id := range args {
				_, stamp, err := c.Deregister(ctx, roster.Deregister{ID: roster.AgentID(id), IfMatch: roster.Index(ifMatch)})
				if err != nil {
					faults = append(faults, about(id, err))
					continue
				}
				fmt.Fprintf(a.Stdout, "removed %s\n", id)
				faults = append(faults, a.token(stamp.Token))
			}
			return errors.Join(faults...)
		})
	}
	return cmd
}
