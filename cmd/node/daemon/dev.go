package daemon

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"roster"
	"roster/fleet"
	"roster/node"
)

const (
	devReadyMax  = 30 * time.Second
	devCloseMax  = 1200 * time.Millisecond
	devTryMax    = 500 * time.Millisecond
	devPollEvery = 20 * time.Millisecond
)

// Dev is a whole cluster in one process, to try things out.
type Dev struct {
	Options
	Nodes, Shards int
	Empty         bool   // no demo agents
	HTTP          string // host:port of the first node; the others follow
	// FixedHTTP refuses to start when HTTP is taken; otherwise a free port serves.
	FixedHTTP bool
	// DataDir keeps the cluster between runs; "": a temporary directory.
	DataDir string
	// Say tells people what they should know.
	Say func(format string, values ...any)
	// Welcome is called once, when all nodes are ready, with the address of the first.
	Welcome func(members []roster.Member, address string) error
}

// Run runs the cluster until ctx ends or a node stops by itself.
func (c Dev) Run(ctx context.Context) (err error) {
	dir := c.DataDir
	if dir == "" {
		if dir, err = os.MkdirTemp("", "roster-dev-"); err != nil {
			return err
		}
		defer func() {
			if left := os.RemoveAll(dir); left != nil {
				c.Say("could not remove %s: %v", dir, left)
			}
		}()
	}
	tuneMemory("/", slog.New(slog.DiscardHandler))
	d := &dev{Dev: c}
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
	Dev
	nodes []*running
	demo  *demo
}

// start starts the nodes side by side, since each waits for the others.
func (d *dev) start(ctx context.Context, dir string) error {
	if err := d.listen(ctx); err != nil {
		return err
	}
	binds := make([]string, d.Nodes)
	for i := range binds {
		var err error
		if binds[i], err = freeAddress(); err != nil {
			return err
		}
	}
	key := NewKey()
	faults := make([]error, d.Nodes)
	var opening sync.WaitGroup
	for i, r := range d.nodes {
		name := "node" + strconv.Itoa(i+1)
		s := Settings{cluster: "dev", key: key, name: name, dataDir: filepath.Join(dir, name), bind: binds[i], http: r.server.address,
			join: binds, expect: d.Nodes, shards: d.Shards, durability: string(roster.DurabilitySync), agents: agents{drivers: []string{fleet.Inproc}}}
		opening.Go(func() { faults[i] = r.open(ctx, s, d.Options, d.service) })
	}
	opening.Wait()
	return errors.Join(faults...)
}

// service is what a node serves.
func (d *dev) service(n *node.Node) roster.Service {
	if d.Empty {
		return n
	}
	return demoService{n}
}

// listen opens the HTTP ports: the first where it was asked for, the others behind it
// or, where those are taken, anywhere. Only the default may give way.
func (d *dev) listen(ctx context.Context) error {
	host, port, err := net.SplitHostPort(d.HTTP)
	if err != nil {
		return err
	}
	first, err := strconv.Atoi(port)
	if err != nil {
		return err
	}
	for i := range d.Nodes {
		want := net.JoinHostPort(host, strconv.Itoa(first+i))
		if first == 0 || first+i > 65535 {
			want = net.JoinHostPort(host, "0")
		}
		srv, err := listenHTTP(ctx, want, nil, d.Logger)
		if err != nil && (i > 0 || !d.FixedHTTP) {
			d.Say("%s is taken: node%d takes a free port", want, i+1)
			srv, err = listenHTTP(ctx, net.JoinHostPort(host, "0"), nil, d.Logger)
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
	members, err := d.nodes[0].node.Members(ctx)
	if err != nil {
		return err
	}
	if err := d.Welcome(members, d.nodes[0].server.address); err != nil {
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
			d.Say("node%d has left the cluster", i+1)
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
	if !d.Empty {
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
		d.demo.stop(ctx, d.DataDir != "")
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
