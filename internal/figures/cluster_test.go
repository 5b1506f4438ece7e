package figures_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"roster"
	"roster/cluster"
	"roster/httpapi"
	"roster/node"
)

// openNode opens a node on loopback. A node with a durable log lives in dir.
func openNode(b *testing.B, dir string, c node.Config) *node.Node {
	b.Helper()
	c.Cluster, c.Key, c.Bind, c.Profile = "figures", make([]byte, node.KeyBytes), "127.0.0.1:0", cluster.ProfileLocal
	if c.Durability == roster.DurabilitySync {
		c.DataDir = filepath.Join(dir, c.Name)
	}
	if c.Metrics == nil {
		c.Metrics = prometheus.NewRegistry()
	}
	n, err := node.Open(context.Background(), c)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

func closeNode(b *testing.B, n *node.Node) {
	b.Helper()
	if err := n.Close(context.Background()); err != nil {
		b.Errorf("close: %v", err)
	}
}

// single opens one node that is ready; the benchmark's end closes it.
func single(b *testing.B, d roster.Durability) *node.Node {
	b.Helper()
	n := openNode(b, b.TempDir(), node.Config{Name: "n1", Expect: 1, Durability: d})
	b.Cleanup(func() { closeNode(b, n) })
	awaitReady(b, n)
	return n
}

// three opens a cluster of three nodes that are ready; 0 shards: the default.
func three(b *testing.B, d roster.Durability, shards int) []*node.Node {
	b.Helper()
	return threeOf(b, node.Config{Durability: d, Shards: shards})
}

// threeOf opens a cluster of three nodes that have c in common.
func threeOf(b *testing.B, c node.Config) []*node.Node {
	b.Helper()
	dir := b.TempDir()
	nodes := make([]*node.Node, 3)
	for i := range nodes {
		c.Name, c.Expect = fmt.Sprintf("n%d", i+1), len(nodes)
		if i > 0 {
			c.Join = []string{nodes[0].Addr()}
		}
		n := openNode(b, dir, c)
		b.Cleanup(func() { closeNode(b, n) })
		nodes[i] = n
	}
	awaitReady(b, nodes...)
	return nodes
}

// awaitReady waits until every node serves.
func awaitReady(b *testing.B, nodes ...*node.Node) {
	b.Helper()
	for _, n := range nodes {
		await(b, func() error {
			checks, err := n.Ready(context.Background())
			for _, check := range checks {
				if !check.OK {
					return fmt.Errorf("%s is not ready: %s: %s", n.ID(), check.Name, check.Detail)
				}
			}
			return err
		})
	}
}

// awaitAgents waits until every node holds so many.
func awaitAgents(b *testing.B, agents int, nodes ...*node.Node) {
	b.Helper()
	for _, n := range nodes {
		await(b, func() error {
			status, err := n.Status(context.Background())
			if err == nil && status.Agents < agents {
				err = fmt.Errorf("%s holds %d agents of %d", n.ID(), status.Agents, agents)
			}
			return err
		})
	}
}

// await asks again until there is no error, for a minute.
func await(b *testing.B, try func() error) {
	b.Helper()
	deadline := time.NewTimer(time.Minute)
	defer deadline.Stop()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for err := try(); err != nil; err = try() {
		select {
		case <-tick.C:
		case <-deadline.C:
			b.Fatal(err)
		}
	}
}

// serve serves h on loopback, as the binary does, and returns the address.
func serve(b *testing.B, h http.Handler) string {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := &http.Server{Handler: h, MaxHeaderBytes: 16 << 10, ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout: 30 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	b.Cleanup(func() {
		_ = server.Close() // cuts the load generator's connections
		<-done
	})
	return listener.Addr().String()
}

// serveNodes serves every node over HTTP, with the metrics that the binary has.
func serveNodes(b *testing.B, nodes []*node.Node) []string {
	b.Helper()
	addresses := make([]string, len(nodes))
	for i, n := range nodes {
		metrics := prometheus.NewRegistry()
		addresses[i] = serve(b, httpapi.New(n, httpapi.Options{Metrics: metrics, Gatherer: metrics}))
	}
	return addresses
}
