// Package rounds answers everybody who asks the same question at the same time by one
// exchange. Who asks gets the answer of an exchange that began after the question:
// never that of one under way, which may have looked before.
//
// What the caller owes: an exchange that returns once its context has ended, and
// [Rounds.Close].
package rounds
