// Package roster holds the shared nouns of the registry and the contract that
// every way into it fulfils.
//
// Roster keeps the roll of a fleet of software agents: who they are, what they
// can do, where they run and whether they live. This package says what those
// words mean and nothing about how they are kept: it imports only the standard
// library, starts no goroutine and reads no clock.
//
// The nouns:
//
//   - [Agent] is what a registrant says of itself; [Record] is what the registry
//     knows of it, with revision, epoch, health and owner.
//   - [Command] is the only way to change anything. Many commands travel in one
//     [Entry] of a shard's log, each wrapped in an [Op] that says who asks and,
//     by its [Request], that it runs exactly once.
//   - [Index] counts the commands of one shard. Revision, epoch and token are all
//     drawn from it, so that "newer" is one comparison everywhere.
//   - [Query] asks, [Page] and [Event] answer; [Position] is what the opaque
//     [Token] and [Cursor] hold.
//   - [Error] carries a [Code] for programs and words for people; one table maps
//     codes to HTTP statuses and exit statuses.
//
// [Service] is the contract. A node, the HTTP client and the in-memory service
// that tests use all implement it, so a program may be moved from one to the
// other without a change.
//
// What the caller owes: values that come out of a Service are shared and
// immutable; copy a Record's slices before changing them.
package roster
