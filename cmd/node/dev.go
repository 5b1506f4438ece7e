package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"

	"roster"
	"roster/client"
	"roster/cmd/node/daemon"
	"roster/cmd/node/nodes"
	"roster/cmd/node/screen"
)

// devNodesMax bounds what one process runs.
const devNodesMax = 9

// devFlags say what cluster "dev" starts.
type devFlags struct {
	nodes, shards int
	empty, loud   bool
	http, dataDir string
	chosen        bool // --http was given
}

func (a *app) devCommand() *cobra.Command {
	var f devFlags
	cmd := &cobra.Command{
		Use: "dev", Short: "Run a whole cluster in this process, to try things out", Args: args(cobra.NoArgs),
		Long: "Run a whole cluster in this process, with a dozen demo agents, until interrupted. The nodes\nare real; their data is in a temporary directory unless --data-dir names one.",
	}
	cmd.Flags().IntVar(&f.nodes, "nodes", 3, "nodes to run")
	cmd.Flags().BoolVar(&f.empty, "empty", false, "register no demo agents")
	cmd.Flags().IntVar(&f.shards, "shards", roster.ShardsDefault, "shards of the cluster")
	cmd.Flags().StringVar(&f.http, "http", client.DefaultAddress, "host:port of the first node's HTTP API; the others follow")
	cmd.Flags().StringVar(&f.dataDir, "data-dir", "", "directory that keeps the cluster between runs")
	cmd.Flags().BoolVar(&f.loud, "verbose", false, "show what the nodes log")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		f.chosen = cmd.Flags().Changed("http")
		if err := f.validate(); err != nil {
			return err
		}
		return a.runDev(cmd.Context(), f)
	}
	return cmd
}

func (f devFlags) validate() error {
	if f.nodes < 1 || f.nodes > devNodesMax {
		return usagef("--nodes %d: want 1 to %d", f.nodes, devNodesMax)
	}
	if f.shards < 1 || f.shards > roster.ShardsMax {
		return usagef("--shards %d: want 1 to %d", f.shards, roster.ShardsMax)
	}
	if local, err := daemon.IsLoopback(f.http); err != nil || !local {
		return usagef("--http %s: want a loopback host:port; dev is for this machine alone", screen.Quote(f.http))
	}
	return nil
}

// runDev runs the cluster until ctx ends.
func (a *app) runDev(ctx context.Context, f devFlags) error {
	// Elections are news to those who ask for it, and look like faults to others.
	log := slog.New(slog.DiscardHandler)
	if f.loud {
		log = a.logger()
	}
	return daemon.Dev{
		Options: a.nodeOptions(log), Nodes: f.nodes, Shards: f.shards, Empty: f.empty, HTTP: f.http, FixedHTTP: f.chosen,
		DataDir: f.dataDir, Say: a.say, Welcome: a.welcome,
	}.Run(ctx)
}

// welcome prints the members, the page and six commands to copy.
func (a *app) welcome(members []roster.Member, address string) error {
	if err := nodes.MembersTable(members).Write(a.Stdout, a.colours()); err != nil {
		return err
	}
	at := ""
	if address != client.DefaultAddress {
		at = " --addr " + address
	}
	me := program(a.Args[0])
	_, err := fmt.Fprintf(a.Stdout, `
Status page: http://%[1]s/

Try in another terminal:
  %[2]s members%[3]s
  %[2]s agents find%[3]s --capability translator
  %[2]s agents register%[3]s team/scribe --capability write@1.0 --label lang=en
  %[2]s agents find%[3]s --filter 'labels.tier == "gold"' -o json
  %[2]s agents watch%[3]s --initial
  curl -s http://%[1]s/v1/agents/demo/coder-1

Stop with Ctrl-C.
`, address, me, at)
	return err
}

// program returns how the user can call this program again. What "go run" built is
// gone when it ends, so it is called through go run again.
func program(arg string) string {
	if strings.Contains(arg, "go-build") {
		return "go run ./cmd/node"
	}
	return arg
}
