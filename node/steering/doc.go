// Package steering has the loops that bring every shard's members to where the cluster
// map wants them, and the map to where its nodes and operators do. What they decide is
// decided in [roster/dht/moves]; here they look, ask and carry out.
//
//   - On the leader of the system shard, [Steering.Plan] stores the next map.
//   - On the leader of each shard, [Steering.Lead] takes the next step of its group, keeps
//     every other node a reader, and hands over to the preferred leader.
//
// They remember nothing: a new leader looks and goes on.
//
// What the caller owes: the loops run only while this node leads, under a context that
// ends with the leadership.
package steering
