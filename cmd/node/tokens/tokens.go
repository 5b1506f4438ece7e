package tokens

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"roster"
	"roster/access"
	"roster/client"
	"roster/cmd/node/daemon"
	"roster/cmd/node/screen"
)

// Options say how a subcommand reaches nodes and people. All are needed.
type Options struct {
	// Call calls the nodes that the command line names.
	Call func(cmd *cobra.Command, f func(context.Context, *client.Client) error) error
	// Output gives a command the flag -o; Form returns what it says, and whether to
	// show colours.
	Output func(*cobra.Command) *cobra.Command
	Form   func() (form string, colours bool)
	// Usage is the error for what was typed wrongly.
	Usage          func(format string, args ...any) error
	Args           func(cobra.PositionalArgs) cobra.PositionalArgs
	Stdout, Stderr io.Writer
}

func show[T any](o Options, document T, table func() *screen.Table) error {
	form, colours := o.Form()
	return screen.Show(o.Stdout, form, colours, document, table)
}

// made is the API's answer to who makes a token.
type made struct {
	Token  roster.AccessToken `json:"token"`
	Secret string             `json:"secret,omitempty"`
}

// Create makes a token.
func Create(o Options) *cobra.Command {
	var rules []string
	var ttl time.Duration
	var out string
	cmd := &cobra.Command{
		Use: "create NAME --rule RULE", Short: "Make an access token and print it, this once", Args: o.Args(cobra.ExactArgs(1)),
		Long: "Make an access token and print it, this once: the cluster keeps only its hash. A rule is\n" +
			"read, write (which includes read) or admin (which includes both), and perhaps the\nnamespaces where: write:payments, read:team-*. Without, it holds in all of them.",
		Example: "  roster tokens create payments --rule write:payments --rule read --ttl 720h --out payments.token\n" +
			"  ROSTER_TOKEN=$(roster tokens create ci --rule read) roster agents find",
	}
	cmd.Flags().StringSliceVar(&rules, "rule", nil, "what the token allows; may be repeated")
	cmd.Flags().DurationVar(&ttl, "ttl", 0, "how long it lives, such as 720h (default: until it is revoked)")
	cmd.Flags().StringVar(&out, "out", "", "new file to put the secret into, instead of printing it")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		wanted := roster.NewToken{Name: args[0], Rules: rules, TTL: roster.Duration(ttl)}
		if _, err := access.ParsePolicy(rules...); err != nil || len(rules) == 0 {
			return o.Usage("--rule: want at least one, such as read:payments or admin: %v", err)
		}
		if _, err := os.Lstat(out); out != "" && err == nil { // before there is a secret to lose
			return o.Usage("--out %s: the file is there already: name another", out)
		}
		return o.Call(cmd, func(ctx context.Context, c *client.Client) error {
			token, secret, err := c.CreateToken(ctx, wanted)
			if err != nil {
				return err
			}
			if err := o.deliver(token, secret, out); err != nil {
				return errors.Join(fmt.Errorf("the token was made, but its secret is lost: revoke %s", token.ID), err)
			}
			return nil
		})
	}
	return o.Output(cmd)
}

// deliver hands over a new token.
func (o Options) deliver(token roster.AccessToken, secret, out string) error {
	document := made{Token: token, Secret: secret}
	if out != "" {
		if err := daemon.WriteSecret(out, secret); err != nil {
			return err
		}
		document.Secret = ""
	}
	if form, _ := o.Form(); form != screen.AsTable {
		return show(o, document, nil)
	}
	fmt.Fprintf(o.Stderr, "token %s %s allows %s; keep its secret, nobody can tell it again\n", token.ID, screen.Quote(token.Name), strings.Join(token.Rules, ","))
	if out != "" {
		return nil
	}
	_, err := fmt.Fprintln(o.Stdout, secret)
	return err
}

// listed is the API's envelope.
type listed struct {
	Tokens []roster.AccessToken `json:"tokens"`
}

// List shows the tokens.
func List(o Options) *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List the access tokens, without their secrets", Args: o.Args(cobra.NoArgs)}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return o.Call(cmd, func(ctx context.Context, c *client.Client) error {
			all, err := c.Tokens(ctx)
			if err != nil {
				return err
			}
			return show(o, listed{all}, func() *screen.Table { return table(all) })
		})
	}
	return o.Output(cmd)
}

func table(all []roster.AccessToken) *screen.Table {
	t := &screen.Table{Head: []string{"TOKEN", "NAME", "RULES", "EXPIRES IN", "CREATED", "BY"}}
	for _, token := range all {
		ends := "-"
		switch left := time.Duration(token.ExpiresIn); {
		case left < 0:
			ends = "expired"
		case left > 0:
			ends = left.Round(time.Second).String()
		}
		by := string(token.CreatedBy)
		if by == "" {
			by = "-"
		}
		t.Add(token.ID, token.Name, strings.Join(token.Rules, ","), ends, token.CreatedAt.Time().Format("2006-01-02 15:04:05Z"), by)
	}
	return t
}

// Revoke takes tokens away.
func Revoke(o Options) *cobra.Command {
	return &cobra.Command{
		Use: "revoke ID…", Short: "Take access tokens away", Args: o.Args(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, ids []string) error {
			return o.Call(cmd, func(ctx context.Context, c *client.Client) error {
				var faults []error
				for _, id := range ids {
					err := c.RevokeToken(ctx, id)
					if err == nil {
						_, err = fmt.Fprintf(o.Stdout, "revoked %s\n", id)
					}
					faults = append(faults, err)
				}
				return errors.Join(faults...)
			})
		},
	}
}

// Root makes a root token, which no cluster needs to know.
func Root(o Options) *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use: "root --out FILE", Short: "Make a token for --root-token-file of a node", Args: o.Args(cobra.NoArgs),
		Long: "Make a token for --root-token-file of a node, and put it into a new file that only you\ncan read. It may do everything on the nodes that are given it: use it to make others.",
	}
	cmd.Flags().StringVar(&out, "out", "", "file to put it into; it must not be there yet")
	cmd.RunE = func(*cobra.Command, []string) error {
		if out == "" {
			return o.Usage("--out: want a file")
		}
		var random [access.SecretBytes]byte
		rand.Read(random[:]) //nolint:errcheck // crypto/rand.Read never fails
		err := daemon.WriteSecret(out, access.NewSecret(random))
		if errors.Is(err, fs.ErrExist) {
			return o.Usage("--out %s: the file is there already and may hold a token in use: name another", out)
		}
		if err != nil {
			return o.Usage("--out: %v", err)
		}
		return nil
	}
	return cmd
}
