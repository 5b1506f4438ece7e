// Package dht decides who holds what: keys hash to slots, slots belong to shards,
// shards have voters. It is pure: it computes tables that the system leader stores
// in the cluster map, and nothing here remembers anything.
//
//	key ── Slot ──▶ slot ── AssignSlots ──▶ shard ── Ring.Voters ──▶ nodes
//
// [Slot] is a plain hash, the same for ever. [AssignSlots] deals the slots evenly.
// [Ring] is a consistent hash ring with virtual nodes: it owns single keys
// ([Ring.Owner]) and gives shards their voters with bounded loads ([Ring.Voters]).
// [Diff] says what has to move between two tables of voters.
//
// # What a change of one node moves
//
// Two things are promised, and they are not the same thing, because no rule can keep
// a few dozen voters balanced to within one and also move only 1/N of them.
//
// Keys. A key moves when Owner names another node than before. When one of N nodes
// leaves, exactly its own keys move; when a node joins and there are then N, exactly
// the keys that it now owns move. Either is at most 1.1/N of all keys (of the 64-bit
// hash space), because with [VirtualNodesDefault] points the share of a node lies
// within a few per cent of 1/N: its standard deviation is 1/√4096, a sixty-fourth of
// the share, so that a tenth is more than six of them. That is a matter of
// probability, not of construction; fewer virtual nodes widen it. Owner knows no
// load, and so bounds none.
//
// Voters. A voter moves when a shard gets a node that did not vote in it before.
// Every node votes in as many shards as every other, give or take one, and is the
// preferred leader of as many, give or take one: loads are bounded at the rounded-up
// mean, and that is construction. With [Options.Current] only what balance needs
// moves: what the missing nodes held, and what lifts a newcomer to its share. That is
// 1/N of the voters in whole voters: 2 of 24 are already more than 1.1/20, so the
// promise on keys cannot hold for few shards. For a join it is exactly the least
// possible; for a leave now and then (in the tests 4 of 675) one voter more, where
// every node with room votes in the shard already. Without Current the answer depends
// on the sets of nodes and shards alone, is just as balanced, and moves about one and
// a half times as many voters. Pass Current except for a new cluster.
//
// # Zones
//
// With [Options.Zones] the voters of a shard are spread over zones first, and loads are
// evened out as far as that allows. No zone has more voters of a shard than the least
// number with which every shard can have all of its: ⌈voters/zones⌉ where every zone has
// as many nodes. With zones of one size loads are bounded as above; with others no
// assignment that keeps to the zones has a smaller sum of squares of loads that one path
// of votes could reach. Nodes that are in no zone are in one together, and one zone is
// none. A vote that is in a zone too many moves although balance does not ask for it.
//
// Preferred leaders follow by themselves and cost a leadership transfer, not a copy.
//
// # Readers
//
// [Readers] chooses who holds a shard beside its voters. What is evened out is what a node
// holds in all, votes and reads: with voters that Ring made, no node holds two replicas
// more than another (by test, not by proof); with any voters, no
// other choice of readers is more even. A reader that is there stays, unless a path of
// readers from a full node to an empty one goes by it.
//
// # What the caller owes
//
// Store what Voters returns in its order (the first is the preferred leader) and hand
// it back as Current. Ids are not validated here; they are hashed as they are.
package dht
