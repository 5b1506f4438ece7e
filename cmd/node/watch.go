package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"

	"roster"
	"roster/cmd/node/pick"
	"roster/cmd/node/screen"
)

// eventBody is an event as the API sends it, with its type and cursor.
type eventBody struct {
	Event    roster.EventType `json:"event"`
	Cursor   roster.Cursor    `json:"cursor"`
	ID       roster.AgentID   `json:"id,omitempty"`
	Revision roster.Index     `json:"revision,omitempty"`
	Shard    roster.ShardID   `json:"shard,omitempty"`
	Index    roster.Index     `json:"index,omitempty"`
	Agent    *roster.Record   `json:"agent,omitempty"`
}

func (a *app) watchCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "watch", Short: "Print what happens to agents, a line each, until interrupted", Args: args(cobra.NoArgs),
		Long: "Print what happens to the agents that the flags select: entered, changed, left.\nGoes on at another node when one dies. -o json prints one JSON object a line.",
	}
	selected := pick.Selecting(cmd)
	var initial bool
	var after string
	cmd.Flags().BoolVar(&initial, "initial", false, "begin with the present matches, then synced")
	cmd.Flags().StringVar(&after, "after", "", "token or cursor to begin after; now, unless it is given")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		q, err := selected.Query()
		if err != nil {
			return err
		}
		q.Initial = initial
		c, err := a.connect()
		if err != nil {
			return err
		}
		defer c.Close()
		for event, err := range c.Watch(cmd.Context(), q, roster.Cursor(after)) {
			if err != nil {
				return err
			}
			if err := a.showEvent(event); err != nil {
				return err
			}
		}
		return nil
	}
	return a.withOutput(cmd)
}

// showEvent prints an event at once.
func (a *app) showEvent(e roster.Event) error {
	record := e.After
	if record == nil {
		record = e.Before
	}
	body := eventBody{Event: e.Type, Cursor: e.Cursor, Shard: e.Shard, Index: e.Index, Agent: record}
	if record != nil {
		body.ID, body.Revision = record.ID, record.Revision
	}
	if a.output == screen.AsTable {
		_, err := fmt.Fprintln(a.Stdout, eventLine(body))
		return err
	}
	line, err := json.Marshal(body)
	if err == nil && a.output == screen.AsYAML {
		line, err = yaml.JSONToYAML(line)
		line = append([]byte("---\n"), line...)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(a.Stdout, strings.TrimRight(string(line), "\n"))
	return err
}

// eventLine is an event in words.
func eventLine(e eventBody) string {
	if e.Agent == nil {
		return string(e.Event)
	}
	line := fmt.Sprintf("%-8s %s  revision %d  %s  %s", e.Event, e.ID, e.Revision, e.Agent.Status, e.Agent.Health.State)
	if e.Agent.Health.Reason != "" {
		line += "  " + e.Agent.Health.Reason
	}
	return screen.Clean(line, false)
}
