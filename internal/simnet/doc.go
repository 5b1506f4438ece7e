// Package simnet is a network in memory: hosts with listeners, connections and
// packets, joined by links that delay, drop, double and break. The transport's real code
// runs over it inside a testing/synctest bubble, where hours of partition take
// milliseconds.
//
// A [Host] is a transport.Network. A link has two directions, each with its own
// [Link]. A blocked link loses packets and stalls connections: bytes wait and arrive
// when it heals, and dialling takes until then or until its context ends, as with
// TCP. Delivery keeps the order within a connection; packets overtake each other.
//
// Nothing here starts a goroutine that waits, and no lock is held while anything
// waits, so a bubble's time moves on whenever everybody waits. Randomness comes from
// the seed alone; which value goes to whom depends on the order of the calls.
//
// What the caller owes: make the Net inside the bubble that uses it, and close what
// was opened before the bubble ends.
package simnet
