// Package scaling decides how many members a fleet has, from what its members are seen to
// do. It is pure, and has no floating point: whole percents and thousandths.
//
// A [Policy] says what is aimed at, and between which bounds. Who watches a fleet takes a
// [Sample] of it again and again and asks [Decide], which answers with a count and the
// figures that it follows from, and with the [Memory] to hand in next time:
//
//	Policy, time, Sample, Memory ──▶ Decide ──▶ Decision, Memory
//
// What is tracked are sums over the members, not means: so many messages wait, so much work
// is under way. A sum does not change when members are added that have nothing to do yet, so
// asking once more before those run decides the same, and members on their way count as if
// they were there.
//
// A fleet grows at once, and at most to twice what runs. It shrinks to the most that was
// wanted at any time of the last Policy.Down: a lull that is shorter changes nothing, and after one that was a little longer twice as
// much is wanted of the next. Who
// begins with an empty Memory begins with a full window, and takes nothing away before that.
//
// What the caller owes: a policy that [Policy.Validate] has accepted; times that do not go
// back; what Decide decides, carried out or seen not to be by the next Sample's Count.
package scaling
