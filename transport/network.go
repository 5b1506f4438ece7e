package transport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
)

// Network gives a transport its sockets. OS is the real one.
type Network interface {
	// Listen opens TCP and UDP on one port number of addr (host:port; port 0
	// chooses one that is free for both).
	Listen(ctx context.Context, addr string) (net.Listener, net.PacketConn, error)
	// Dial opens a TCP connection to addr (host:port).
	Dial(ctx context.Context, addr string) (net.Conn, error)
}

// listenTriesMax bounds the search for a port that is free for TCP and UDP.
const listenTriesMax = 32

// packetBufferBytes is the receive buffer asked of the kernel for the UDP socket:
// gossip of a large cluster comes in bursts.
const packetBufferBytes = 2 << 20

type osNetwork struct{}

var _ Network = osNetwork{}

// OS returns the operating system's network.
func OS() Network { return osNetwork{} }

// Listen implements Network.
func (osNetwork) Listen(ctx context.Context, addr string) (net.Listener, net.PacketConn, error) {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, nil, fmt.Errorf("listen address %q: %w", addr, err)
	}
	for try := 1; ; try++ {
		stream, packets, err := listenPair(ctx, addr)
		if err == nil || port != "0" || try == listenTriesMax {
			return stream, packets, err
		}
	}
}

// listenPair listens on TCP and then on the same number of UDP.
func listenPair(ctx context.Context, addr string) (net.Listener, net.PacketConn, error) {
	var lc net.ListenConfig
	stream, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, nil, err
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, nil, errors.Join(err, stream.Close())
	}
	bound, ok := stream.Addr().(*net.TCPAddr)
	if !ok {
		return nil, nil, errors.Join(fmt.Errorf("listening on %v, which is not a TCP address", stream.Addr()), stream.Close())
	}
	packets, err := lc.ListenPacket(ctx, "udp", net.JoinHostPort(host, strconv.Itoa(bound.Port)))
	if err != nil {
		return nil, nil, errors.Join(err, stream.Close())
	}
	if udp, ok := packets.(*net.UDPConn); ok {
		_ = udp.SetReadBuffer(packetBufferBytes) // the kernel may grant less: no fault
	}
	return stream, packets, nil
}

// Dial implements Network.
func (osNetwork) Dial(ctx context.Context, addr string) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, "tcp", addr)
}
