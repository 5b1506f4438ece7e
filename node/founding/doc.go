// Package founding decides which cluster a node belongs to, once, and remembers it.
//
// A founding decides which nodes begin a cluster. A node that sees Expect members
// and is the smallest of them proposes itself and the Expect smallest ids. Every one
// of the set persists one promise to that proposal before it answers, and all of
// them are needed: two proposals that both complete would share a promiser, who is
// bound to one. A proposer that sees a smaller id, or is not complete in time, first
// persists that it gave up and only then tells its promisers; nobody else may
// release them. A node with data neither proposes nor promises. A node that meets
// members of a cluster asks one of them to admit it instead.
//
// What the caller owes: hold [LockDir] before [LoadIdentity], run [Founder.Meet]
// until it returns, then [Founder.Announce]; route the methods of other nodes to
// [Founder.Serve], and answer [MethodAdmit] itself.
package founding
