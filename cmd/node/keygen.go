package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"roster/cmd/node/daemon"
)

func (a *app) keygenCommand() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use: "keygen", Short: "Make a new cluster key, for --key-file", Args: args(cobra.NoArgs),
		Long: "Make a new cluster key and print it, or with --out write it to a file that only you\ncan read, as --key-file wants it. A file that is there is never overwritten.",
	}
	cmd.Flags().StringVar(&out, "out", "", "file to write the key to; it must not be there yet")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		key := daemon.NewKey()
		if !cmd.Flags().Changed("out") {
			_, err := fmt.Fprintln(a.Stdout, base64.StdEncoding.EncodeToString(key))
			return err
		}
		err := daemon.WriteKey(out, key)
		if errors.Is(err, fs.ErrExist) {
			return usagef("--out %s: the file is there already and may hold a key in use: name another", out)
		}
		if err != nil {
			return usagef("--out: %v", err)
		}
		return nil
	}
	return cmd
}
