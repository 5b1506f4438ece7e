// Package conns lends connections to an outside service: what an agent uses that asks a
// database or an API, and must not open a connection for each question, nor more than the
// service stands.
//
//	Borrow ──▶ an idle one, checked ──▶ Loan ──▶ Return ──▶ idle, or closed when it was
//	  │        or a new one                 └──▶ Discard    one more than Size
//	  └──▶ waits, in order of arrival ──▶ Overloaded when too many wait
//
// Size connections are kept. A burst has Overflow more, each of which is closed when it
// comes back and nobody waits for it. Nobody overtakes who waits; one who gives up leaves no
// hole and takes no connection along. Whoever has a connection says whether it is broken
// (Discard). An idle one is closed after IdleFor, and checked before it is lent: what a
// caller's turn has brought him is not lost by a connection that does not pass.
//
// jackc/puddle was looked at: its line is the same (golang.org/x/sync's semaphore), but it
// has no bound for who waits, no difference between what is kept and what a burst may have,
// who finds an idle connection broken goes to the end of the line, it destroys in goroutines of its own, and Close
// waits for what is lent without end.
//
// Roster itself uses none: the probes of package agentpool open a connection each time,
// because whether one can be opened is what they ask. It is for the agents of programs that
// embed a node, and the example shows such agents.
//
// What the caller owes: Return or Discard for each loan; [Pool.Close].
package conns
