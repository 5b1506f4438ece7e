package main

import (
	"io"
	"slices"

	"github.com/spf13/cobra"

	"roster/cmd/node/screen"
)

// withOutput gives cmd the flag -o, and checks it before cmd runs.
func (a *app) withOutput(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().StringVarP(&a.output, "output", "o", screen.AsTable, "form of the output: table, json or yaml")
	cmd.PreRunE = func(*cobra.Command, []string) error {
		if !slices.Contains([]string{screen.AsTable, screen.AsJSON, screen.AsYAML}, a.output) {
			return usagef("-o %s: want table, json or yaml", screen.Quote(a.output))
		}
		return nil
	}
	return cmd
}

// show writes a document in the form that was asked for.
func show[T any](a *app, w io.Writer, document T, table func() *screen.Table) error {
	return screen.Show(w, a.output, a.colours(), document, table)
}

// form returns what -o says, and whether the output is for eyes that want colour.
func (a *app) form() (string, bool) { return a.output, a.colours() }

// colours reports whether the output is for eyes that want colour.
func (a *app) colours() bool {
	return screen.IsTerminal(a.Stdout) && a.Env("NO_COLOR") == "" && a.Env("TERM") != "dumb"
}
