package node

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"roster"
	"roster/cluster"
	"roster/node/fleets"
	"roster/shard"
	"roster/shard/logstore"
	"roster/transport"
)

// KeyBytes is the length of a cluster key.
const KeyBytes = 32

// StoreDefault is the store of shards that are new to a durable node.
const StoreDefault = string(logstore.Shared)

// NodesMax bounds the cluster a founding may ask for.
const NodesMax = 64

// How long a node is down before its votes are taken over: long enough for a restart, or
// for a machine to be set up again.
const (
	ReplaceAfterDefault = 5 * time.Minute
	ReplaceAfterMin     = 10 * time.Second
)

// Config says what a node is. Key and Cluster are required; the rest has defaults.
type Config struct {
	// Cluster is the name that all nodes share: the gossip label and the handshake
	// carry it, so that two clusters never mix.
	Cluster string
	// Key is the cluster's shared secret, KeyBytes long. Whoever has it is trusted.
	Key []byte
	// Name is the human part of the NodeID; "" means the host's own choice, "node".
	Name string
	// DataDir keeps the node between starts. It may be empty only with
	// DurabilityNone, where nothing is kept and every start is a new NodeID.
	DataDir string
	// Bind is the host:port for everything between nodes; port 0 takes a free one.
	Bind string
	// Advertise is the host:port that other nodes reach Bind under; "" means Bind. A
	// host name is resolved anew at each dial, so that a container may move.
	Advertise string
	// HTTP is the host:port under which this node's HTTP API is reached, for members
	// lists. The node does not listen there: its caller does.
	HTTP string
	// Join lists nodes to meet, host:port. It may contain this node itself.
	Join []string
	// Expect is how many nodes found a cluster together. 0 never founds: the node
	// waits until it meets a cluster. More makes start-up wait for all of them; fewer
	// risks that the first ones begin without the rest, who then join as readers.
	Expect int
	// Shards is how many shards hold agents, beside the system shard. It is fixed at
	// founding; more spread leaders over more nodes and cost throughput on few cores.
	// 0 means ShardsDefault.
	Shards int
	// Readers is how many nodes hold each shard beside its voters in a cluster that this
	// node founds. Later SetLayout changes it.
	Readers roster.Readers
	// Labels are what this node's operator says of it. Voters are spread over the zones that
	// the label "zone" names, or another one that the cluster map names.
	Labels roster.Map
	// Durability is fixed at founding; "" means DurabilitySync.
	Durability roster.Durability
	// Store is where a durable node keeps the logs of shards that are new to it: "shared",
	// one log for all of them, or "bolt", a file for each. "" means StoreDefault. A shard
	// stays in the store that it is in.
	Store string
	// ReplaceAfter is how long a node may be down before others take over its votes;
	// 0 means ReplaceAfterDefault.
	ReplaceAfter time.Duration
	// Insecure is shown in Status: this node listens beyond loopback without TLS or
	// without tokens.
	Insecure bool
	// Auth is shown in Status: whoever serves this node asks callers for tokens. RootToken
	// is access.Hash of a token that may do everything, on this node; "": there is none.
	Auth      bool
	RootToken string
	// Version is the build's version, shown to people.
	Version string
	// Profile sets how fast gossip notices a death; zero is cluster's default.
	Profile cluster.Profile
	// Network is where to listen and dial; nil means the operating system's.
	Network transport.Network
	// Security puts TLS under what goes between nodes; nil leaves it open to be read. All
	// nodes of a cluster have it or none has.
	Security transport.Security
	// Doors says in a few words what protects this node's ports, for Ready; "": loopback
	// only.
	Doors string
	// Disk wraps the log store of each shard, so that tests can make disks slow or
	// broken; nil leaves them as they are.
	Disk func(roster.ShardID, logstore.Store) logstore.Store
	// Wall reads the clock on the wall, so that tests can let it jump; nil is time.Now.
	Wall func() time.Time
	// Compaction makes groups keep less of their logs, so that tests let a replica fall
	// behind what there is; zero fields mean defaults.
	Compaction shard.Compaction
	// Agents says what this node runs of fleets; the zero value runs nothing.
	Agents fleets.Agents
	// Logger receives operations; nil discards. Metrics may be nil.
	Logger  *slog.Logger
	Metrics prometheus.Registerer
	// CloseWithin bounds Close; 0 means 10 s.
	CloseWithin time.Duration
}

var nodeName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$`)

// withDefaults fills in what was left out.
func (c Config) withDefaults() Config {
	if c.Name == "" {
		c.Name = "node"
	}
	if c.Bind == "" {
		c.Bind = "127.0.0.1:7500"
	}
	if c.Shards == 0 {
		c.Shards = roster.ShardsDefault
	}
	if c.Durability == "" {
		c.Durability = roster.DurabilitySync
	}
	if c.Store == "" {
		c.Store = StoreDefault
	}
	if c.Network == nil {
		c.Network = transport.OS()
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.ReplaceAfter == 0 {
		c.ReplaceAfter = ReplaceAfterDefault
	}
	if c.CloseWithin == 0 {
		c.CloseWithin = 10 * time.Second
	}
	return c
}

// Validate reports every fault at once, joined; nil when there is none.
func (c Config) Validate() error {
	c = c.withDefaults()
	var faults []error
	fault := func(bad bool, format string, args ...any) {
		if bad {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	fault(c.Cluster == "" || len(c.Cluster) > 64 || strings.ContainsFunc(c.Cluster, unprintable),
		"cluster name %q: want 1 to 64 printable characters without spaces", c.Cluster)
	fault(len(c.Key) != KeyBytes, "cluster key has %d bytes: want %d (make one with `roster keygen`)", len(c.Key), KeyBytes)
	fault(!nodeName.MatchString(c.Name), "node name %q: want 1 to 40 of a-z 0-9 - beginning and ending with a letter or digit", c.Name)
	fault(c.Durability != roster.DurabilitySync && c.Durability != roster.DurabilityNone,
		"durability %q: want sync or none", c.Durability)
	fault(c.Store != string(logstore.Shared) && c.Store != string(logstore.Bolt), "store %q: want %s or %s", c.Store, logstore.Shared, logstore.Bolt)
	fault(c.DataDir == "" && c.Durability == roster.DurabilitySync, "no data directory: give one, or durability none")
	fault(c.Expect < 0 || c.Expect > NodesMax, "expect %d: want 0 to %d", c.Expect, NodesMax)
	fault(c.ReplaceAfter < ReplaceAfterMin, "replace after %v: want at least %v, so that a restart moves nothing", c.ReplaceAfter, ReplaceAfterMin)
	fault(c.Readers.Validate() != nil, "readers %d: want all, none or 1 to %d", int(c.Readers), roster.ReadersMax)
	fault(roster.ValidateNodeLabels(c.Labels) != nil, "labels: %v", roster.ValidateNodeLabels(c.Labels))
	fault(c.Shards < 1 || c.Shards > roster.ShardsMax, "shards %d: want 1 to %d", c.Shards, roster.ShardsMax)
	faults = append(faults, addressFault("bind", c.Bind), addressFault("advertise", c.Advertise))
	for _, join := range c.Join {
		faults = append(faults, addressFault("join", join))
	}
	return errors.Join(faults...)
}

func unprintable(r rune) bool { return r <= ' ' || r == 0x7f }

// addressFault says what is wrong with a host:port; "" is left to defaults.
func addressFault(what, address string) error {
	if address == "" {
		return nil
	}
	_, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return fmt.Errorf("%s address %q: want host:port", what, address)
	}
	return nil
}
