// Package tokens is the part of the system shard's state that holds access tokens: by id
// for people and snapshots, by hash for doors.
//
// It checks what would break the state, sizes and numbers, and not what rules mean: the
// words of rules may grow, and a log that was written before must not mean something else
// then. Package access judges them before they are proposed.
//
// A token whose life is over is no token any more, swept or not; it stays in the list for
// roster.EndedKeep, so that people see what became of it, and is then forgotten.
//
// What the caller owes: one writer, and no reader beside it.
package tokens
