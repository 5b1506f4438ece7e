package cluster

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/hashicorp/memberlist"
	"github.com/prometheus/client_golang/prometheus"

	"roster"
)

// The bounds of a cluster.
const (
	KeyBytes        = 32  // length of the cluster key
	ClusterNameMax  = 255 // bytes of a cluster name
	ClusterIDMax    = 32  // bytes of a cluster id
	MetaBytesMax    = memberlist.MetaMaxSize
	RejoinEvery     = 15 * time.Second
	RejoinMax       = 64              // addresses that one round of the rejoin loop tries
	JoinMax         = 256             // addresses that one Join tries
	JoinParallelMax = 8               // addresses tried at one time
	GoneKeep        = 24 * time.Hour  // how long a member that is down or left stays listed
	GoneMax         = 256             // how many of them stay listed
	LiveMax         = 1024            // members that are alive; more are refused
	reclaimAfter    = 5 * time.Second // how long a node is dead before its id may come from elsewhere
	pushPullEvery   = 15 * time.Second
	packetsMax      = 1024 // packets that wait for memberlist; more are dropped, as UDP may
	packetBytesMax  = 64 << 10
	leaveTimeout    = 3 * time.Second
)

// Profile chooses the time-outs of failure detection.
type Profile string

// ProfileLAN, the default, notices a dead node of a small cluster in 5 to 10 s and
// forgives short pauses. ProfileLocal takes 2 to 3 s: for one machine and for tests.
const (
	ProfileLAN   Profile = "lan"
	ProfileLocal Profile = "local"
)

// Config says what a cluster needs. ID, Meta.Name, Cluster, Key, Packets, Streams
// and Dial must be set.
type Config struct {
	ID      roster.NodeID
	Meta    Meta   // with the cluster id, where it is known: see Belong
	Cluster string // 1 to ClusterNameMax bytes; nodes of another name are not met
	Key     []byte // KeyBytes long
	// Advertise is the host:port under which other nodes reach this one. A host name
	// is looked up once, at Open. "" takes the address of Packets, if it is a definite one.
	Advertise string
	Packets   net.PacketConn
	Streams   net.Listener
	Dial      func(ctx context.Context, addr string) (net.Conn, error)
	// Peer names the node at the other end of a connection that Dial returned; nil or
	// false: not known. With it, a stale record of this node's own past is never
	// mistaken for a second node.
	Peer func(net.Conn) (roster.NodeID, bool)
	// Seeds are addresses, host:port, that the rejoin loop tries until they are alive
	// members. A host name may stand for many addresses; this node may be among them.
	Seeds []string
	// Peers returns more such addresses, as other parts of the node know them; nil: none.
	Peers func() []string
	// Lookup returns the IP addresses of a host name; nil asks the system's resolver.
	Lookup  func(ctx context.Context, host string) ([]string, error)
	Profile Profile      // "": ProfileLAN
	Logger  *slog.Logger // nil discards
	Metrics prometheus.Registerer
}

// Validate reports all faults of c, each an Invalid error that names the field.
func (c Config) Validate() error {
	var faults []error
	fault := func(err *roster.Error) { faults = append(faults, err) }
	if c.ID == "" {
		fault(roster.Invalid("id", "no node id"))
	}
	full := c.Meta
	if full.ClusterID == "" {
		full.ClusterID = strings.Repeat("x", ClusterIDMax) // for what Belong adds
	}
	if err := full.Validate(); err != nil {
		faults = append(faults, err)
	}
	if n := len(c.Cluster); n == 0 || n > ClusterNameMax {
		fault(roster.Invalid("cluster", "cluster name has %d bytes; want 1 to %d", n, ClusterNameMax))
	}
	if len(c.Key) != KeyBytes {
		fault(roster.Invalid("key", "cluster key has %d bytes; want %d", len(c.Key), KeyBytes))
	}
	if c.Packets == nil || c.Streams == nil || c.Dial == nil {
		fault(roster.Invalid("packets", "want Packets, Streams and Dial"))
	}
	for _, seed := range c.Seeds {
		if _, _, err := net.SplitHostPort(seed); err != nil {
			fault(roster.Invalid("seeds", "seed %q: want host:port", seed))
		}
	}
	if c.Profile != "" && c.Profile != ProfileLAN && c.Profile != ProfileLocal {
		fault(roster.Invalid("profile", "profile %q: want lan or local", c.Profile))
	}
	return errors.Join(faults...)
}

// memberlistConfig returns the library's configuration but for its delegates.
func (c Config) memberlistConfig() *memberlist.Config {
	m := memberlist.DefaultLANConfig()
	m.Name = string(c.ID)
	m.Label = c.Cluster
	m.GossipVerifyIncoming, m.GossipVerifyOutgoing = true, true
	m.DeadNodeReclaimTime = reclaimAfter
	m.PushPullInterval = pushPullEvery
	m.DelegateProtocolMin, m.DelegateProtocolMax, m.DelegateProtocolVersion = 1, 1, 1
	if c.Profile == ProfileLocal {
		m.TCPTimeout = 2 * time.Second
		m.ProbeInterval = 500 * time.Millisecond
		m.ProbeTimeout = 200 * time.Millisecond
		m.GossipInterval = 100 * time.Millisecond
		// One fixed suspicion of 1.5 s, confirmed by others or not.
		m.SuspicionMult, m.SuspicionMaxTimeoutMult = 3, 1
	}
	return m
}
