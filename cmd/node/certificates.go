package main

import (
	"github.com/spf13/cobra"

	"roster/cmd/node/tls"
)

func (a *app) tlsCommand() *cobra.Command {
	o := tls.Options{Stdout: a.Stdout, Program: program(a.Args[0]), Usage: usagef, Args: args}
	return group("tls", "Make certificates for TLS: a CA, and what it issues", tls.CA(o), tls.Node(o), tls.Client(o))
}
