package main

import (
	"encoding/base64"
	"fmt"

	"github.com/spf13/cobra"

	"roster/cmd/node/daemon"
)

func (a *app) keygenCommand() *cobra.Command {
	return &cobra.Command{
		Use: "keygen", Short: "Print a new cluster key, for --key-file", Args: args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(a.Stdout, base64.StdEncoding.EncodeToString(daemon.NewKey()))
			return err
		},
	}
}
