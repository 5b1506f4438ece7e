package main

import (
	"context"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"roster"
	"roster/client"
	"roster/cmd/node/screen"
)

// membersBody is the API's envelope.
type membersBody struct {
	Members []roster.Member `json:"members"`
}

func (a *app) membersCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "members", Short: "Show the nodes of the cluster", Args: args(cobra.NoArgs)}
	return a.readCommand(cmd, func(ctx context.Context, c *client.Client, w io.Writer, _ []string) error {
		members, err := c.Members(ctx)
		if err != nil {
			return err
		}
		return show(a, w, membersBody{members}, func() *screen.Table { return membersTable(members) })
	})
}

func membersTable(members []roster.Member) *screen.Table {
	t := &screen.Table{Head: []string{"NODE", "STATE", "HTTP", "ADDRESS", "LEADS", "VOTES", "READS", "VERSION"}}
	for _, m := range members {
		t.Add(string(m.ID), string(m.State), m.HTTP, m.Address, shardList(m.LeaderOf), strconv.Itoa(len(m.VoterOf)),
			strconv.Itoa(len(m.ReaderOf)), m.Version)
	}
	return t
}

// shardList joins shards with commas; "-" for none.
func shardList(ids []roster.ShardID) string {
	words := make([]string, len(ids))
	for i, id := range ids {
		words[i] = id.String()
	}
	return orDash(strings.Join(words, ","))
}

// orDash shows what is empty.
func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
