// Package twins lets a node give way to another that carries its id or its name and was
// there before it: a directory that was copied, or a name that was given twice.
//
// Gossip tells both of the other. The younger asks the older how long it has run and stops,
// so that of two exactly one stays.
//
// What the caller owes: hand [MethodAge] of other nodes to [Twins.Serve], and stop the node
// when [Twins.Run] returns an error.
package twins
