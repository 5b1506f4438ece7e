package main

import (
	"context"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"roster/client"
)

func (a *app) statusCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "status", Short: "Show the answering node in a few words", Args: args(cobra.NoArgs)}
	return a.readCommand(cmd, func(ctx context.Context, c *client.Client, w io.Writer, _ []string) error {
		s, err := c.Status(ctx)
		if err != nil {
			return err
		}
		return show(a, w, s, func() *table {
			ready := "ok"
			if !s.Ready {
				ready = "NOT READY"
			}
			doors := "loopback"
			if s.Insecure {
				doors = "INSECURE: open beyond loopback without TLS and tokens"
			}
			t := &table{}
			t.add("cluster", s.Cluster)
			t.add("node", string(s.Node))
			t.add("version", s.Version)
			t.add("ready", ready)
			t.add("doors", doors)
			t.add("durability", string(s.Durability))
			t.add("members", strconv.Itoa(s.Members))
			t.add("shards", strconv.Itoa(s.Shards))
			t.add("agents", strconv.Itoa(s.Agents))
			return t
		})
	})
}
