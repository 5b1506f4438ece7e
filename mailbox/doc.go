// Package mailbox holds the nouns and the rules of what agents say to each other: a
// [Message], and the [Box] in which messages wait for one agent. It is pure: the caller
// tells the time.
//
//	Put ──▶ high │ normal │ low ──▶ Take(after): handed out ──▶ Take(after): gone
//
// A box is bounded by its [Limits]; what does not fit is refused, or the oldest makes room,
// as its owner has chosen. High goes before normal, and normal before low; every
// FloorEvery-th message handed out is one of the lowest, so that nothing starves. A message
// that comes twice under one id is taken once.
//
// What was handed out stays until the receiver asks for what comes after it. A new
// activation of the agent gets what the one before did not finish, marked Again.
//
// Boxes are memory: they are lost with their node. What must not be is a task.
//
// What the caller owes: one goroutine at a time for each box, and a time that does not go
// backwards.
package mailbox
