package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"roster"
	"roster/client"
	"roster/cmd/node/screen"
)

// shardsBody is the API's envelope.
type shardsBody struct {
	Shards []roster.ShardStatus `json:"shards"`
}

func (a *app) shardsCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "shards", Short: "Show the shards and who leads them", Args: args(cobra.NoArgs)}
	return a.readCommand(cmd, func(ctx context.Context, c *client.Client, w io.Writer, _ []string) error {
		shards, err := c.Shards(ctx)
		if err != nil {
			return err
		}
		return show(a, w, shardsBody{shards}, func() *screen.Table {
			t := &screen.Table{Head: []string{"SHARD", "LEADER", "TERM", "INDEX", "AGENTS", "AGE", "VOTERS", "READERS"}}
			for _, s := range shards {
				t.Add(s.ID.String(), orDash(string(s.Leader)), strconv.FormatUint(s.Term, 10), strconv.FormatUint(uint64(s.Index), 10),
					strconv.Itoa(s.Agents), fmt.Sprintf("%dms", s.AgeMS), nodeList(s.Voters), nodeList(s.Readers))
			}
			return t
		})
	})
}

// nodeList joins nodes with commas; "-" for none.
func nodeList(ids []roster.NodeID) string {
	words := make([]string, len(ids))
	for i, id := range ids {
		words[i] = string(id)
	}
	return orDash(strings.Join(words, ","))
}
