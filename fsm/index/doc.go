// Package index finds agents by what they are: sorted lists of ids under capability,
// namespace, status, health, node and label, and under the words of their text.
//
// All lists lie in one ordered tree of (term, id): a list is a range of it, so a
// label that only one agent has costs one small item and not a tree of its own. A
// term is a number given to a field and value while some agent has them. Lists are
// walked in id order from any id on, which makes a page cost what it shows, and
// intersected by leaping, which makes it cost what the smallest list holds.
//
// The index is derived: it is rebuilt from records and never written anywhere.
//
// What the caller owes: Replace is told of every change, in order, by one writer who
// keeps readers out; reads may run beside each other. A List dies with the next
// Replace.
package index
