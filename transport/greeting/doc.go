// Package greeting is the handshake with which every connection between nodes begins: both
// sides prove that they hold the cluster key, and say who they are and which cluster they
// belong to, by its name and by the id that it got when it was founded.
//
// The caller bounds how long a handshake may take, by the connection's deadline, and sends
// the acceptor's last [Verdict].
package greeting
