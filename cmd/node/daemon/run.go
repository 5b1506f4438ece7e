package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"regexp"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"roster"
	"roster/audit"
	"roster/httpapi"
	"roster/node"
)

// closeMax bounds how long a node takes to stop in good order.
const closeMax = 10 * time.Second

// liveHeap adds to the metrics of Go what the last collection found alive: the heap
// without its garbage, by which one sees whether memory leaks.
var liveHeap = collectors.GoRuntimeMetricsRule{Matcher: regexp.MustCompile(`^/gc/heap/live:bytes$`)}

// Options is what the program hands to its nodes.
type Options struct {
	// Version is the program's.
	Version string
	// Logger gets what the nodes log; it may not be nil.
	Logger *slog.Logger
	// Decode turns the kind and body of POST /v1/commands into a command.
	Decode func(kind string, body json.RawMessage) (roster.Command, error)
}

// Run runs a node until ctx ends or the node stops by itself.
func Run(ctx context.Context, s Settings, o Options) error {
	log := o.Logger
	if s.developmentKey {
		log.Warn("the key is the one of the compose files, which everybody can read: for development only")
	}
	if s.insecure {
		log.Warn("INSECURE: keep this network to yourself", "doors", s.describe())
	}
	tuneMemory("/", log)
	running, err := start(ctx, s, o)
	if err != nil {
		return err
	}
	defer s.renew(ctx, log)()
	log.Info("node runs", "node", running.node.ID(), "http", running.server.address, "bind", running.node.Addr())
	select {
	case <-ctx.Done():
		log.Info("node stops")
	case <-running.node.Done():
		err = refusedStart(running.node.Err())
		log.Info("node stopped by itself", "err", err)
	case err = <-running.server.done:
		running.server.done <- err // stop joins it, too
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeMax)
	defer cancel()
	return errors.Join(err, running.stop(stopping))
}

// nodeConfig returns what the settings mean to package node.
func nodeConfig(s Settings, o Options) node.Config {
	return node.Config{
		Cluster: s.cluster, Key: s.key, Name: s.name, DataDir: s.dataDir, Bind: s.bind, Advertise: s.advertise,
		Join: s.join, Expect: s.expect, Shards: s.shards, Readers: s.readers, Labels: s.labels, Durability: roster.Durability(s.durability), Store: s.store, ReplaceAfter: s.replaceAfter,
		Insecure: s.insecure, Doors: s.describe(), Security: s.security(), Auth: s.auth.on, RootToken: s.auth.rootToken, Version: o.Version, Logger: o.Logger,
		Agents: s.agents.config(s.dataDir, s.http),
	}
}

// running is a node with its HTTP server.
type running struct {
	server *server
	node   *node.Node
	audit  *audit.Log // nil: none is kept
}

// wrapNothing serves a node as it is.
func wrapNothing(n *node.Node) roster.Service { return n }

// start opens a node behind an HTTP server that listens first, so that its address
// can be advertised and probes are answered meanwhile.
func start(ctx context.Context, s Settings, o Options) (*running, error) {
	srv, err := listenHTTP(ctx, s.http, s.web, o.Logger)
	if err != nil {
		return nil, err
	}
	r := &running{server: srv}
	return r, r.open(ctx, s, o, wrapNothing)
}

// open opens the node behind a server that listens, which it stops if that fails.
func (r *running) open(ctx context.Context, s Settings, o Options, wrap func(*node.Node) roster.Service) error {
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(collectors.NewGoCollector(collectors.WithGoCollectorRuntimeMetrics(liveHeap)), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	s.measure(metrics)
	c := nodeConfig(s, o)
	c.HTTP, c.Metrics = advertisedHTTP(r.server.address, c.Advertise), metrics
	kept, err := s.auth.open(o.Logger)
	if err != nil {
		return errors.Join(err, r.server.stop(context.WithoutCancel(ctx)))
	}
	r.audit = kept
	if s.web != nil {
		c.HTTP = "https://" + c.HTTP
	}
	n, err := node.Open(ctx, c)
	if err != nil {
		return errors.Join(refusedStart(err), r.server.stop(context.WithoutCancel(ctx)), r.audit.Close())
	}
	r.node = n
	served := httpapi.Options{Version: o.Version, Logger: o.Logger, Metrics: metrics, Gatherer: metrics, Hosts: hosts(s), Decode: o.Decode, Settings: s.told, Fleets: n, Mail: n,
		MetricsOpen: s.auth.metricsOpen, Audit: r.audit}
	if s.auth.on {
		served.Tokens = s.auth.keeper(n, metrics)
	}
	r.server.serve(httpapi.New(wrap(n), served))
	return nil
}

// handOverMax is how long the others may take to lead what this node led.
const handOverMax = 2 * time.Second

// stop ends what start began, newest first. Others lead by then, so that writes hardly
// pause.
func (r *running) stop(ctx context.Context) error {
	brief, cancel := context.WithTimeout(ctx, handOverMax)
	r.node.HandOver(brief)
	cancel()
	err := r.server.stop(ctx)
	return errors.Join(err, r.audit.Close(), r.node.Close(ctx))
}

// refusedStart gives what a node refuses about its configuration or directory, and what
// its cluster refuses about it, the exit status of a configuration.
func refusedStart(err error) error {
	switch refusal, ok := errors.AsType[*roster.Error](err); {
	case !ok:
		return err
	case errors.Is(err, syscall.EADDRINUSE):
		return configError(err.Error() + ": stop what listens there, or choose another with --bind")
	case refusal.Field == "bind":
		return configError(err.Error() + ": choose an address of this machine with --bind")
	}
	switch roster.CodeOf(err) {
	case roster.CodeInvalid, roster.CodeConflict, roster.CodeDenied, roster.CodeRefused:
		return configError(err.Error())
	}
	return err
}

// advertisedHTTP is where others reach the HTTP API: where it listens, but a listener
// on all addresses is reached under the name that the node goes by.
func advertisedHTTP(listens, advertise string) string {
	host, port, err := net.SplitHostPort(listens)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsUnspecified() {
		return listens
	}
	if name, _, err := net.SplitHostPort(advertise); err == nil && name != "" {
		return net.JoinHostPort(name, port)
	}
	if name, err := os.Hostname(); err == nil {
		return net.JoinHostPort(name, port)
	}
	return listens
}

// hosts are the names under which requests may ask for this node. On loopback that
// keeps web pages from reaching it under a name of their own; a node that is open to
// its network cannot know what the network calls it.
func hosts(s Settings) []string {
	if local, err := IsLoopback(s.http); err == nil && local {
		return []string{s.name}
	}
	return []string{"*"}
}

// freeAddress returns a loopback address whose port is free for TCP and for UDP.
func freeAddress() (string, error) {
	for range 16 {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return "", err
		}
		address := listener.Addr().String()
		packets, err := net.ListenPacket("udp", address)
		_ = listener.Close() // it held the port, and carried nothing
		if err == nil {
			return address, packets.Close()
		}
	}
	return "", fmt.Errorf("no port is free for TCP and UDP")
}
