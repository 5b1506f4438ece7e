// Package serve holds the peers' servers, as their makers ship them but for what a fair
// comparison needs: one member each of etcd and of NATS, and a bare net/http server that
// says what HTTP itself costs. The program runs each as a process of its own.
//
// What a member is told is in [EtcdConfig] and [NATSOptions], where tests hold that
// every write is synced to disk before it is answered.
//
// What the caller owes: a context whose end ends the server, and loopback addresses
// that are free.
package serve
