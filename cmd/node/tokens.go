package main

import (
	"github.com/spf13/cobra"

	"roster/access"
	"roster/client"
	"roster/cmd/node/daemon"
	"roster/cmd/node/keyring"
	"roster/cmd/node/tokens"
)

// tokenOptions are what the subcommands about tokens and the audit log work with.
func (a *app) tokenOptions() tokens.Options {
	return tokens.Options{Call: a.call, Output: a.withOutput, Form: a.form, Usage: usagef, Args: args, Stdout: a.Stdout, Stderr: a.Stderr}
}

func (a *app) tokensCommand() *cobra.Command {
	o := a.tokenOptions()
	return group("tokens", "Give out and take back access tokens", tokens.Create(o), tokens.List(o), tokens.Revoke(o), tokens.Root(o))
}

func (a *app) keyringCommand() *cobra.Command {
	cmd := keyring.Command(keyring.Options{Call: a.call, Output: a.withOutput, Form: a.form, Usage: usagef, Args: args, Stdin: a.Stdin, Stdout: a.Stdout})
	cmd.Args, cmd.RunE = cobra.ArbitraryArgs, runGroup
	return cmd
}

// accessToken returns the token that --token-file or the environment holds; "" for none.
// It is never an argument: those are seen by everybody on the machine.
func (a *app) accessToken() (string, error) {
	if a.tokenFile != "" {
		secret, err := daemon.ReadToken(a.tokenFile)
		if err != nil {
			return "", usagef("--token-file: %v", err)
		}
		return secret, nil
	}
	secret := a.Env(client.TokenEnv)
	if secret != "" && !access.IsSecret(secret) {
		return "", usagef("%s holds no access token: want rst_ and what follows", client.TokenEnv)
	}
	return secret, nil
}
