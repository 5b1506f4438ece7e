// Package scaler has the leader of a shard let the shard's fleets follow their load: those
// with a policy (package scaling).
//
// Each round asks the nodes on which members of such fleets run what those have to do, all
// at once and each once for all fleets, has package scaling decide, and proposes what comes
// out, with the figures that it follows from:
//
//	time ──▶ round: look ──▶ ask nodes ──▶ scaling.Decide ──▶ Scale{Count, IfMatch, Reason}
//
// Figures are soft: they are asked for and never written anywhere. So is what was decided
// before: it is lost with the leadership, and who leads next begins with a full window in
// which nothing is taken away. A shard without such fleets costs a comparison a second.
//
// What the caller owes: [Scaler.Lead] while the node leads the shard, and no longer;
// [MethodFigures] handed to [Scaler.Serve].
package scaler
