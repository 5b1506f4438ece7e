// Package certs says who is at the other end of a TLS connection, and keeps the
// certificates by which this end says it.
//
// Everybody's certificate bears exactly one name of the form
// spiffe://<cluster>/<role>/<name> (an [Identity]). A chain to the right CA alone opens
// no door: [Nodes], which stands between nodes, lets in those with the role node of its
// own cluster and nobody else; [Web], which stands before callers, takes anybody, or,
// given a CA for clients, those with a role in its cluster. Chain, time and role are
// judged by one function, in the handshake, on both sides.
//
// A [Source] reads files again every [PollEvery] and takes what is new and good; what is
// new and bad is logged, and what was there before stays in force. Connections that
// stand go on.
//
// What the caller owes: somebody who runs the sources; and, on every connection, a
// deadline for the handshake, since nothing here sets one.
package certs
