// Package transport carries everything that nodes say to each other over one port
// number: a TCP listener shared by several lanes, and the UDP socket beside it.
//
// A [Lane] says what a connection is for. LaneGossip, LaneRaft and LaneSnapshot hand
// whole connections to their owners ([Transport.Listener], [Transport.Dial]); LaneCall
// is request and response, many calls multiplexed over one pooled connection for each
// peer ([Transport.Call]).
//
// Every connection begins with a handshake within HandshakeTimeout, in which both
// sides prove by HMAC-SHA256 over both sides' nonces that they hold the cluster
// key. It tells a dialer whether the cluster name (Conflict) or the key (Denied)
// differs; everything else that knocks is closed and counted. The handshake
// proves membership; it does not encrypt what follows, and which node a peer is
// remains the word of a holder of the key.
//
// Both are remedied by a [Security], which puts TLS under the handshake of every
// connection and says whether a certificate is that of the node which the peer says that
// it is. Both handshakes together get HandshakeTimeout.
//
// A call that fails says what became of it: Unavailable promises that the request
// was never written, Unknown that the peer may have carried it out. An error of
// type *roster.Error that the peer's handler returns arrives whole, but for its
// cause.
//
// What the caller owes: bodies that were handed to Call or returned by a handler
// are not changed afterwards; handlers return when their context ends; Close is
// called once the users of the lanes have stopped. Connections and packets come
// from a [Network], so that the same code runs over memory in simulations: nothing
// here blocks while it holds a lock, and time is read through package time alone.
package transport
