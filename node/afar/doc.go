// Package afar answers what is asked of shards that a node holds no replica of, by asking
// a node that does: look-ups, finds, sessions, how a shard stands, its feed, its state.
//
// The one that is asked answers from its own replica and never asks a third. Its answer
// says which index it has and how old it is, the way included, and by whom it is, so that
// every read keeps its meaning: local is the holder's replica as it is, fresh and
// linearizable hold at the holder.
//
// A holder that does not answer is left for the next, until the context ends. What is
// asked changes nothing, so it may be asked twice.
//
// What the caller owes: hand the methods of other nodes ([Methods]) to [Afar.Serve], and
// [Afar.Close].
package afar
