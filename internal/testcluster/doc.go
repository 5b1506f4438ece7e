// Package testcluster runs whole clusters inside one test: real nodes, real Raft and
// real gossip over a simulated network (package simnet), in the virtual time of a
// testing/synctest bubble, so that minutes of partition take milliseconds.
//
// [Run] opens a bubble, starts the nodes, hands the [Cluster] to the scenario and
// takes everything down again; a goroutine that outlives its node fails the test.
// The seed decides the delays and faults of the network and is printed on failure.
// Schedulers differ, so a seed repeats the faults, not every interleaving.
//
// [History] records what clients asked and heard, and [History.Check] holds it
// against a register that never forgets. A [Witness] watches every scenario: what nodes
// write to their logs must agree, and a term of a group has one leader. What the caller
// owes: enough traffic while the fault lasts; [History.Certain] counts it.
package testcluster
