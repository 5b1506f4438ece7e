// Package peer keeps the connections between a node and its peers over which all Raft
// groups talk: one on which this node asks, dialled when it is needed, and one on which
// the peer asks. It moves frames and knows nothing of what they decide.
//
// A request ([Peers.Ask]) is told of its answer, or why there will be none: its
// connection was lost ([Again]: it may be sent once more), or five seconds passed.
// Requests that are given to one [Conn] arrive in the order in which they were given.
// Frames that wait for a connection leave in one write. Heartbeats ([Peers.Beat]) wait
// a moment for those of other groups and leave in one frame with them. Snapshots have
// connections of their own ([Peers.Dial]).
//
// A peer that cannot be reached is left alone for a pause that doubles up to a third of
// a second; one that says nothing for two seconds while it is asked loses its
// connection. The node id in the preface must be that of the node that was meant:
// another may have taken over its address.
//
// What the caller owes: a [Handler] and [Waiter]s that do not block; Close.
package peer
