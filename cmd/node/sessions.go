package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"roster"
	"roster/client"
	"roster/cmd/node/screen"
)

func (a *app) sessionsCommand() *cobra.Command {
	return group("sessions", "Open, renew and end what keeps agents alive",
		a.sessionOpenCommand(), a.sessionGetCommand(), a.sessionRenewCommand(), a.sessionHoldCommand(), a.sessionEndCommand())
}

func (a *app) sessionOpenCommand() *cobra.Command {
	var ttl time.Duration
	cmd := &cobra.Command{Use: "open [ID]", Short: "Open a session", Args: args(cobra.MaximumNArgs(1))}
	cmd.Flags().DurationVar(&ttl, "ttl", roster.SessionTTL, "how long the session lives without a renewal")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		id := roster.SessionID("cli-" + strings.ToLower(rand.Text()))
		if len(args) == 1 {
			id = roster.SessionID(args[0])
		}
		return a.call(cmd, func(ctx context.Context, c *client.Client) error {
			session, stamp, err := c.OpenSession(ctx, id, ttl)
			if err != nil {
				return err
			}
			return errors.Join(a.showSession(a.Stdout, session), a.token(stamp.Token))
		})
	}
	return a.withOutput(cmd)
}

func (a *app) sessionGetCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "get ID", Short: "Show a session", Args: args(cobra.ExactArgs(1))}
	return a.readCommand(cmd, func(ctx context.Context, c *client.Client, w io.Writer, args []string) error {
		session, _, err := c.Session(ctx, roster.SessionID(args[0]))
		if err != nil {
			return err
		}
		return a.showSession(w, session)
	})
}

func (a *app) showSession(w io.Writer, s roster.Session) error {
	return show(a, w, s, func() *screen.Table {
		t := &screen.Table{Head: []string{"SESSION", "TTL", "GENERATION"}}
		t.Add(string(s.ID), time.Duration(s.TTL).String(), strconv.FormatUint(uint64(s.Generation), 10))
		return t
	})
}

func (a *app) sessionRenewCommand() *cobra.Command {
	return &cobra.Command{
		Use: "renew ID…", Short: "Restart the TTL of sessions", Args: args(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			ids := make([]roster.SessionID, len(args))
			for i, arg := range args {
				ids[i] = roster.SessionID(arg)
			}
			return a.call(cmd, func(ctx context.Context, c *client.Client) error {
				faults, err := c.RenewSessions(ctx, ids)
				if err != nil {
					return err
				}
				for i, id := range ids {
					if faults[i] == nil {
						fmt.Fprintf(a.Stdout, "renewed %s\n", id)
					}
				}
				return errors.Join(faults...)
			})
		},
	}
}

func (a *app) sessionHoldCommand() *cobra.Command {
	return &cobra.Command{
		Use: "hold ID", Short: "Keep a session alive until interrupted, then let it end", Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			return c.HoldSession(cmd.Context(), roster.SessionID(args[0]), func() { fmt.Fprintf(a.Stdout, "holding %s\n", args[0]) })
		},
	}
}

func (a *app) sessionEndCommand() *cobra.Command {
	return &cobra.Command{
		Use: "end ID", Short: "End a session, and with it what it keeps alive", Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.call(cmd, func(ctx context.Context, c *client.Client) error {
				stamp, err := c.EndSession(ctx, roster.SessionID(args[0]))
				if err != nil {
					return err
				}
				fmt.Fprintf(a.Stdout, "ended %s\n", args[0])
				return a.token(stamp.Token)
			})
		},
	}
}

// token tells people the token of a write beside its result; documents hold it
// themselves where a later read needs it.
func (a *app) token(token roster.Token) error {
	if token == "" {
		return nil
	}
	_, err := fmt.Fprintf(a.Stderr, "token %s\n", token)
	return err
}
