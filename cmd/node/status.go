package main

import (
	"context"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"roster/client"
	"roster/cmd/node/screen"
)

func (a *app) statusCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "status", Short: "Show the answering node in a few words", Args: args(cobra.NoArgs)}
	return a.readCommand(cmd, func(ctx context.Context, c *client.Client, w io.Writer, _ []string) error {
		s, err := c.Status(ctx)
		if err != nil {
			return err
		}
		return show(a, w, s, func() *screen.Table {
			ready := "ok"
			if !s.Ready {
				ready = "NOT READY"
			}
			doors := "loopback, or guarded"
			if s.Insecure {
				doors = "INSECURE: open beyond loopback without TLS or without tokens; /readyz?verbose says which"
			}
			t := &screen.Table{}
			t.Add("cluster", s.Cluster)
			t.Add("node", string(s.Node))
			t.Add("version", s.Version)
			t.Add("level", strconv.Itoa(s.Level))
			t.Add("ready", ready)
			t.Add("doors", doors)
			t.Add("durability", string(s.Durability))
			t.Add("members", strconv.Itoa(s.Members))
			t.Add("shards", strconv.Itoa(s.Shards))
			t.Add("agents", strconv.Itoa(s.Agents))
			return t
		})
	})
}
