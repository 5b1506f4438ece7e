// Package acting carries in a context on whose behalf a call is made: a [Claim], which the
// caller makes and nobody has proved, and the proved [roster.Actor].
//
//	httpapi: headers ──▶ With(claim) ──▶ node: proves ──▶ As(actor) ──▶ the operation's Actor
//
// A claim is never taken for an actor: they are two keys.
//
// What the caller owes: As only after a proof.
package acting
