// Command node builds the one binary of Roster, which is called roster:
//
//	go run ./cmd/node dev                 # a whole cluster in one process
//	go build -o bin/roster ./cmd/node
//
// It runs nodes and talks to them. "roster node" runs one node, "roster dev" several
// in one process; everything else is a client that asks the nodes in --addr or
// ROSTER_ADDR and fails over between them. See roster --help.
//
// Conventions: -o table, json or yaml on whatever prints a result, where json is the
// API's own envelope; --watch on reads; results on standard output, everything beside
// them on standard error. The exit status is 0 for success, 1 for other errors, 2 for
// usage, 3 not found, 4 conflict, 5 unavailable, 6 denied, 7 when the outcome of a
// write is unknown, 78 for a faulty configuration.
//
// Settings of a node come from flags, before the environment (ROSTER_…), before the
// file of --config. What is wrong with them is told in one message.
//
// What the caller owes: [Main] is the whole program with what it takes from outside,
// so that it can run inside another process; it ends soon after its context.
package main
