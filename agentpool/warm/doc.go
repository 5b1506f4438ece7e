// Package warm keeps instances of one type prepared, so that who needs one has it at once.
//
//	Make ──▶ ready ──▶ Claim ──▶ Release ──▶ Reset ──▶ ready, used before
//	           ▲         │          └──▶ Discard ─┐       └──▶ closed: failed, late, or
//	           │         └──▶ none ready:         │            more than are kept
//	        refilled          made cold,          ▼
//	        to Target         up to Max        closed
//
// As many as Target are ready or on their way, made before anybody asks. When none is ready
// a claim makes one itself, which is counted; when there are Max, in whatever state, it waits
// for one that is on its way to being ready, and is refused as Overloaded if there is none
// for it. What a burst has made beyond Target is kept for a while, because
// bursts come again: an instance that has been used is the cheapest to have.
//
// Nothing is used again unless its Reset has returned without an error, and in time. Go
// cannot end a function by force: a Reset that hangs keeps its seat of Max until it returns,
// and its instance is closed then. A Make that fails is tried again after a pause that grows.
// A panic in any of the functions is an error of theirs.
//
// Whether a Reset forgets everything can be tested: package canary finds what is left.
//
// What the caller owes: functions that return soon when their context ends; Release or
// Discard for each claim; [Pool.Close].
package warm
