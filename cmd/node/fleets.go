package main

import (
	"github.com/spf13/cobra"

	"roster/cmd/node/fleets"
)

// fleetOptions are what the subcommands about fleets work with.
func (a *app) fleetOptions() fleets.Options {
	return fleets.Options{Call: a.call, Output: a.withOutput, Form: a.form, Usage: usagef, Args: args, Stdin: a.Stdin, Stdout: a.Stdout, Stderr: a.Stderr}
}

// fleetCommands are those about fleets that stand by themselves.
func (a *app) fleetCommands() []*cobra.Command {
	o := a.fleetOptions()
	return []*cobra.Command{
		fleets.Apply(o), fleets.Diff(o),
		group("fleets", "See, scale and take away fleets", fleets.List(o), fleets.Get(o), fleets.Scale(o), fleets.Delete(o)),
	}
}
