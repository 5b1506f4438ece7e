package transport

import (
	"crypto/tls"
	"errors"
	"io"
	"net"

	"roster"
	"roster/transport/greeting"
)

// Security makes the connections between nodes private, and lets in none but nodes.
// Both sides of a connection have one or neither has.
type Security interface {
	// Server and Client put TLS on a connection from a peer and to one. Their
	// handshake, which the transport carries out within HandshakeTimeout, fails with a
	// Denied error where the peer is no node of the cluster.
	Server(raw net.Conn) *tls.Conn
	Client(raw net.Conn) *tls.Conn
	// Vouch returns Denied unless what the peer has shown is that node's, and Own unless
	// what this end shows is.
	Vouch(state tls.ConnectionState, node roster.NodeID) error
	Own(node roster.NodeID) error
}

// secured is a connection under TLS. It closes without TLS's farewell, which may block
// on a peer that does not read: every lane knows from its own bytes where it ends.
type secured struct {
	*tls.Conn
	raw net.Conn
}

// Close implements net.Conn.
func (c secured) Close() error { return c.raw.Close() }

// secure carries out the handshake of TLS, where there is TLS. It ends by the deadline of
// raw, which stays the caller's to close.
func (t *Transport) secure(raw net.Conn, side func(Security, net.Conn) *tls.Conn) (net.Conn, error) {
	if t.c.Security == nil {
		return raw, nil
	}
	c := secured{side(t.c.Security, raw), raw}
	return c, c.Handshake()
}

// vouch compares who a peer says that it is with what it has shown.
func (t *Transport) vouch(c net.Conn, node roster.NodeID) error {
	if s, ok := c.(secured); ok {
		return t.c.Security.Vouch(s.ConnectionState(), node)
	}
	return nil
}

// unsecured reports whether a handshake of TLS failed because the peer is a node that
// knows no TLS, and tells it so in the words of the node protocol.
func unsecured(raw net.Conn, err error) bool {
	record, ok := errors.AsType[tls.RecordHeaderError](err)
	if !ok || string(record.RecordHeader[:len(greeting.Magic)]) != greeting.Magic {
		return false
	}
	_, _ = raw.Write([]byte{byte(greeting.NoTLS)}) // it is hung up on in any case
	return true
}

// insecure is the error for a dialer of addr whose handshake of TLS failed.
func insecure(addr string, err error) *roster.Error {
	if e, ok := errors.AsType[*roster.Error](err); ok {
		return &roster.Error{Code: e.Code, Detail: "the node at " + addr + " is not trusted: " + e.Detail, Cause: e.Cause}
	}
	e := greeting.Lost(addr, err)
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok || errors.Is(err, io.EOF) {
		e.Detail += ": it may know no TLS: give every node --tls-ca, --tls-cert and --tls-key, or none"
	}
	return e
}
