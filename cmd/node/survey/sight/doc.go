// Package sight holds what was seen of a cluster from outside, as plain values.
//
// What the caller owes: a Node whose Fault is set holds nothing beside its id and address.
package sight
