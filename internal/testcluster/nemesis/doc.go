// Package nemesis draws faults from a seed and lets them happen to a cluster under test.
//
// [Draw] makes a [Schedule]: what happens when, for how long, to which nodes. It depends on
// the seed and the number of nodes alone, and a Schedule prints as a table to read. [Run]
// carries it out over virtual time, with several faults at once where they overlap, and
// in the end heals everything: what then does not hold is a bug.
//
// A node that stops by itself is started again, as a supervisor would. It may do so when
// its disk fails or hangs; for any other reason the test fails.
//
// What the nemesis cannot do: stop the clock of one node. [Pause] stops its links and its
// disk; timers go on. Connections lose nothing, they stall; only packets get lost or doubled.
//
// What the caller owes: clients at work and checks. The nemesis judges nothing but nodes
// that stop.
package nemesis
