// Package index finds agents by what they are: lists under capability, namespace,
// status, health, node and label, and under the words of their text.
//
// A list holds the ordinals of agents, small numbers that table.Roll gives: one of
// them costs nothing beside the term, few are a sorted slice, many a compressed
// bitmap. So a word that every agent has costs a bit an agent, and one that a single
// agent has costs little more than its letters.
//
// Answers come in the order of ids, which ordinals say nothing of. A search therefore
// either picks the agents of the shortest list and sorts what the page needs, or walks
// the ids in order from the page's beginning and asks the lists about each, whichever
// should cost less. Agents of a namespace lie together, so that a walk keeps to theirs.
// A walk that turns out long ends in picking.
//
// The index is derived: it is rebuilt from records and never written anywhere.
//
// What the caller owes: Replace is told of every change, in order, by one writer who
// keeps readers out; reads may run beside each other. An ordinal stands for one agent
// from its first Replace to its last.
package index
