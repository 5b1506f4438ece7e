package transport

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"roster"
)

// The bounds of a transport.
const (
	KeyBytes          = 32       // length of the cluster key
	ClusterNameMax    = 255      // bytes of a cluster name
	NodeIDMax         = 255      // bytes of a node id
	FrameMax          = 16 << 20 // bytes of one request or answer
	InFlightMax       = 1024     // calls under way on one connection; beyond: Overloaded
	InFlightBytesMax  = 64 << 20 // bytes of requests under way on one connection; beyond: Overloaded
	HandlersMax       = 1024     // handlers at work for one connection; beyond: Overloaded
	PendingMax        = 256      // handshakes under way; beyond, the oldest is closed
	ConnsMax          = 4096     // connections accepted and open; beyond: Overloaded
	BacklogMax        = 128      // accepted connections that wait for a lane's Accept
	PeersMax          = 1024     // peers with a pooled connection; beyond: Overloaded
	HandshakeTimeout  = 5 * time.Second
	CallDeadlineMax   = 60 * time.Second // a handler's longest time, whatever the caller allows
	tick              = time.Second
	serverIdleTimeout = 3 * time.Minute // longer than wire.IdleTicksMax ticks, so that the caller closes first
)

// Handler answers one call of a peer. The context carries the caller's deadline and
// ends with the connection. An error that is or wraps a *roster.Error reaches the
// caller whole; the end of the context becomes Unknown, anything else Internal.
type Handler func(ctx context.Context, from roster.NodeID, method uint8, body []byte) ([]byte, error)

// Config says what a transport needs. Network, Bind, Cluster, Key and Node must be
// set.
type Config struct {
	Network Network
	Bind    string // host:port to listen on; port 0 chooses one
	Cluster string // name that both ends must share, 1 to ClusterNameMax bytes
	Key     []byte // KeyBytes long; both ends must share it
	// Keys returns the key to use and others that peers may hold, as they are now; nil: Key
	// alone.
	Keys func() (use []byte, others [][]byte)
	Node roster.NodeID // this node, as peers get to see it
	// ClusterID is which founding the node's cluster goes back to; "": see Belong. Nodes of two
	// of them refuse one another.
	ClusterID string
	Handler   Handler // answers calls; nil refuses them
	// Security puts TLS under every connection; nil leaves them open to be read.
	Security Security
	Logger   *slog.Logger // nil discards
	// Metrics takes the transport's metrics until Close; nil leaves them unseen.
	Metrics prometheus.Registerer
}

// Validate reports all faults of c, each an Invalid error that names the field.
func (c Config) Validate() error {
	var faults []error
	if c.Network == nil {
		faults = append(faults, roster.Invalid("network", "no network"))
	}
	if _, _, err := net.SplitHostPort(c.Bind); err != nil {
		faults = append(faults, roster.Invalid("bind", "address %q: want host:port", c.Bind))
	}
	if n := len(c.Cluster); n == 0 || n > ClusterNameMax {
		faults = append(faults, roster.Invalid("cluster", "cluster name has %d bytes; want 1 to %d", n, ClusterNameMax))
	}
	if len(c.ClusterID) > ClusterNameMax {
		faults = append(faults, roster.Invalid("cluster id", "cluster id has %d bytes; want at most %d", len(c.ClusterID), ClusterNameMax))
	}
	if len(c.Key) != KeyBytes {
		faults = append(faults, roster.Invalid("key", "cluster key has %d bytes; want %d", len(c.Key), KeyBytes))
	}
	if n := len(c.Node); n == 0 || n > NodeIDMax {
		faults = append(faults, roster.Invalid("node", "node id has %d bytes; want 1 to %d", n, NodeIDMax))
	}
	return errors.Join(faults...)
}
