package main

import (
	"github.com/spf13/cobra"

	"roster/cmd/node/load"
)

func (a *app) loadCommand() *cobra.Command {
	o := load.Options{Stdout: a.Stdout, Stderr: a.Stderr, Version: releaseVersion, Usage: usagef, Addresses: a.addresses, TLS: a.trust, Token: a.accessToken}
	return group("load", "Put nodes under load, and hold the figures against a budget", load.Run(o), load.Report(o), load.Compare(o))
}
