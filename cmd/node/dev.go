package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"roster"
	"roster/client"
	"roster/node"
)

const (
	devNodesMax  = 9
	devReadyMax  = 30 * time.Second
	devCloseMax  = 1200 * time.Millisecond
	devTryMax    = 500 * time.Millisecond
	devPollEvery = 20 * time.Millisecond
)

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
	if local, err := isLoopback(f.http); err != nil || !local {
		return usagef("--http %s: want a loopback host:port; dev is for this machine alone", quoteWord(f.http))
	}
	return nil
}

// runDev runs the cluster until ctx ends or a node stops by itself.
func (a *app) runDev(ctx context.Context, f devFlags) (err error) {
	dir := f.dataDir
	if dir == "" {
		if dir, err = os.MkdirTemp("", "roster-dev-"); err != nil {
			return err
		}
		defer func() {
			if left := os.RemoveAll(dir); left != nil {
				a.say("could not remove %s: %v", dir, left)
			}
		}()
	}
	// Elections are news to those who ask for it, and look like faults to others.
	d := &dev{app: a, flags: f, log: slog.New(slog.DiscardHandler)}
	if f.loud {
		d.log = a.logger(slog.LevelInfo)
	}
	err = d.start(ctx, dir)
	if err == nil {
		err = d.run(ctx)
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), devCloseMax)
	defer cancel()
	if stop := d.stop(stopping); err == nil && ctx.Err() == nil {
		err = stop
	}
	if ctx.Err() != nil {
		return nil // being interrupted is how dev ends
	}
	return err
}

// dev is a cluster in one process.
type dev struct {
	*app
	flags devFlags
	log   *slog.Logger
	nodes []*running
	demo  *demo
}

// start starts the nodes side by side, since each waits for the others.
func (d *dev) start(ctx context.Context, dir string) error {
	if err := d.listen(ctx); err != nil {
		return err
	}
	binds := make([]string, d.flags.nodes)
	for i := range binds {
		var err error
		if binds[i], err = freeAddress(); err != nil {
			return err
		}
	}
	key := newKey()
	faults := make([]error, d.flags.nodes)
	var opening sync.WaitGroup
	for i, r := range d.nodes {
		name := "node" + strconv.Itoa(i+1)
		s := settings{cluster: "dev", key: key, name: name, dataDir: filepath.Join(dir, name), bind: binds[i], http: r.server.address,
			join: binds, expect: d.flags.nodes, shards: d.flags.shards, durability: string(roster.DurabilitySync)}
		opening.Go(func() { faults[i] = r.open(ctx, s, nodeConfig(s, d.log), d.service) })
	}
	opening.Wait()
	return errors.Join(faults...)
}

// service is what a node serves.
func (d *dev) service(n *node.Node) roster.Service {
	if d.flags.empty {
		return n
	}
	return demoService{n}
}

// listen opens the HTTP ports: the first where it was asked for, the others behind it
// or, where those are taken, anywhere. Only the default may give way.
func (d *dev) listen(ctx context.Context) error {
	host, port, err := net.SplitHostPort(d.flags.http)
	if err != nil {
		return err
	}
	first, err := strconv.Atoi(port)
	if err != nil {
		return err
	}
	for i := range d.flags.nodes {
		want := net.JoinHostPort(host, strconv.Itoa(first+i))
		if first == 0 || first+i > 65535 {
			want = net.JoinHostPort(host, "0")
		}
		srv, err := listenHTTP(ctx, want, d.log)
		if err != nil && (i > 0 || !d.flags.chosen) {
			d.say("%s is taken: node%d takes a free port", want, i+1)
			srv, err = listenHTTP(ctx, net.JoinHostPort(host, "0"), d.log)
		}
		if err != nil {
			return err
		}
		d.nodes = append(d.nodes, &running{server: srv})
	}
	return nil
}

// run fills the cluster, tells about it, and waits.
func (d *dev) run(ctx context.Context) error {
	if err := d.fill(ctx); err != nil {
		return err
	}
	if err := d.welcome(ctx); err != nil {
		return err
	}
	stopped := make(chan int, len(d.nodes))
	var watching sync.WaitGroup
	waiting, cancel := context.WithCancel(ctx)
	for i, r := range d.nodes {
		watching.Go(func() {
			select {
			case <-r.node.Done():
				stopped <- i
			case <-waiting.Done():
			}
		})
	}
	defer watching.Wait()
	defer cancel()
	for left := len(d.nodes); left > 0; left-- {
		select {
		case <-ctx.Done():
			return nil
		case i := <-stopped:
			if err := d.nodes[i].node.Err(); err != nil {
				return err
			}
			d.say("node%d has left the cluster", i+1)
		}
	}
	return nil
}

// fill registers the demo agents and waits until every node is ready.
func (d *dev) fill(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, devReadyMax)
	defer cancel()
	for _, r := range d.nodes {
		// A write to a shard that has no leader yet would wait longer than the election takes.
		if err := until(ctx, func(ctx context.Context) error { return readyError(ctx, r.node) }); err != nil {
			return err
		}
	}
	if !d.flags.empty {
		var err error
		if d.demo, err = enrol(ctx, d.nodes[0].node); err != nil {
			return err
		}
	}
	for _, r := range d.nodes {
		service := d.service(r.node)
		if err := until(ctx, func(ctx context.Context) error { return readyError(ctx, service) }); err != nil {
			return err
		}
	}
	return nil
}

// readyError returns what a node lacks.
func readyError(ctx context.Context, s roster.Service) error {
	checks, err := s.Ready(ctx)
	if err != nil {
		return err
	}
	for _, check := range checks {
		if !check.OK {
			return roster.Errorf(roster.CodeUnavailable, "not ready: %s: %s", check.Name, check.Detail)
		}
	}
	return nil
}

// until tries again until it succeeds or ctx ends, and returns the last error then.
// One try gets devTryMax: at the start, what waits for something that has just
// changed is better asked anew.
func until(ctx context.Context, try func(ctx context.Context) error) error {
	once := func() error {
		ctx, cancel := context.WithTimeout(ctx, devTryMax)
		defer cancel()
		return try(ctx)
	}
	tick := time.NewTicker(devPollEvery)
	defer tick.Stop()
	for {
		err := once()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-tick.C:
		}
	}
}

// stop ends the demo and then all nodes at once: one after the other, each would
// wait for a leader among the rest. A node that is not done in time ends with the
// process: what it acknowledged is on the disk, and nobody waits for the rest.
func (d *dev) stop(ctx context.Context) error {
	if d.demo != nil {
		d.demo.stop(ctx, d.flags.dataDir != "")
	}
	faults := make(chan error, len(d.nodes))
	for _, r := range d.nodes {
		go func() {
			if r.node == nil { // it did not open, and its server is stopped
				faults <- nil
				return
			}
			faults <- r.stop(ctx)
		}()
	}
	var all error
	for range d.nodes {
		select {
		case fault := <-faults:
			all = errors.Join(all, fault)
		case <-ctx.Done():
			return errors.Join(all, ctx.Err())
		}
	}
	return all
}

// welcome prints the members, the page and six commands to copy.
func (d *dev) welcome(ctx context.Context) error {
	members, err := d.nodes[0].node.Members(ctx)
	if err != nil {
		return err
	}
	if err := membersTable(members).write(d.Stdout, d.colours()); err != nil {
		return err
	}
	address, at := d.nodes[0].server.address, ""
	if address != client.DefaultAddress {
		at = " --addr " + address
	}
	me := program(d.Args[0])
	_, err = fmt.Fprintf(d.Stdout, `
Status page: http://%[1]s/

Try in another terminal:
  %[2]s members%[3]s
  %[2]s agents find%[3]s --capability translator
  %[2]s agents register%[3]s team/greeter --capability greet@1.0 --label lang=en
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
