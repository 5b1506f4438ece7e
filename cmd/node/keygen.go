package main

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"

	"github.com/spf13/cobra"
)

func (a *app) keygenCommand() *cobra.Command {
	return &cobra.Command{
		Use: "keygen", Short: "Print a new cluster key, for --key-file", Args: args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(a.Stdout, base64.StdEncoding.EncodeToString(newKey()))
			return err
		},
	}
}

// newKey returns keyBytes that nobody can guess.
func newKey() []byte {
	key := make([]byte, keyBytes)
	_, _ = rand.Read(key) // never fails, as its documentation promises
	return key
}
