// Package scaling decides how many members a fleet has, from what its members are seen to
// do. It is pure.
//
// A [Policy] says what is aimed at, and between which bounds.
//
// What the caller owes: a policy that [Policy.Validate] has accepted.
package scaling
