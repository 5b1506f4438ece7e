package main

import (
	"cmp"
	"context"
	"net"
	"strings"

	"github.com/spf13/cobra"

	"roster/client"
)

func (a *app) healthcheckCommand() *cobra.Command {
	return &cobra.Command{
		Use: "healthcheck", Short: "Exit with 0 if the node at --addr is ready", Args: args(cobra.NoArgs),
		Long: "Exit with 0 if the node at --addr is ready, 1 if it is not, 5 if nobody answers.\nWithout --addr and ROSTER_ADDR it asks this machine at the port of ROSTER_HTTP, over HTTPS\nif ROSTER_HTTP_TLS_CERT or ROSTER_TLS_CERT is set, with the node's own certificates.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if a.addr == "" && a.Env(client.AddressEnv) == "" {
				a.askMyself()
			}
			return a.call(cmd, a.checkHealth)
		},
	}
}

// askMyself turns to the node that has the same environment, with what it trusts and
// shows itself.
func (a *app) askMyself() {
	a.addr = localAddress(a.Env("ROSTER_HTTP"))
	if a.Env("ROSTER_HTTP_TLS_CERT") == "" && a.Env("ROSTER_TLS_CERT") == "" {
		return
	}
	a.addr = "https://" + cmp.Or(a.addr, client.DefaultAddress)
	trust := a.trust()
	a.tls.CA = cmp.Or(trust.CA, a.Env("ROSTER_TLS_CA"))
	if trust.Cert == "" {
		a.tls.Cert, a.tls.Key = a.Env("ROSTER_TLS_CERT"), a.Env("ROSTER_TLS_KEY")
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
