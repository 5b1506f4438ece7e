package main

import (
	"context"
	"net"
	"strings"

	"github.com/spf13/cobra"

	"roster/client"
)

func (a *app) healthcheckCommand() *cobra.Command {
	return &cobra.Command{
		Use: "healthcheck", Short: "Exit with 0 if the node at --addr is ready", Args: args(cobra.NoArgs),
		Long: "Exit with 0 if the node at --addr is ready, 1 if it is not, 5 if nobody answers.\nWithout --addr and ROSTER_ADDR it asks this machine at the port of ROSTER_HTTP.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if a.addr == "" && a.Env(client.AddressEnv) == "" {
				a.addr = localAddress(a.Env("ROSTER_HTTP"))
			}
			return a.call(cmd, a.checkHealth)
		},
	}
}

func (a *app) checkHealth(ctx context.Context, c *client.Client) error {
	checks, err := c.Ready(ctx)
	if err != nil {
		return err
	}
	var missing []string
	for _, check := range checks {
		if !check.OK {
			missing = append(missing, check.Name+": "+check.Detail)
		}
	}
	if len(missing) > 0 {
		return &exitError{exitOther, "not ready: " + strings.Join(missing, "; ")}
	}
	return nil
}

// localAddress returns the loopback address for the port that a node serves.
func localAddress(http string) string {
	_, port, err := net.SplitHostPort(http)
	if err != nil {
		return ""
	}
	return net.JoinHostPort("127.0.0.1", port)
}
