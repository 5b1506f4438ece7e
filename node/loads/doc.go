// Package loads tells nodes what other nodes have room for and how busy they are. It is soft
// state: it is asked for when a plan is made, kept for a moment and never written anywhere.
//
// A node that does not answer within [askWithin] is not in the answer: nothing is placed
// there.
//
// What the caller owes: hand [MethodLoad] to [Loads.Serve].
package loads
