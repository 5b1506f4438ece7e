// Package bubble runs tests under virtual time: testing/synctest, safe beside the race
// detector.
//
// Under the detector, Go 1.26 lets all goroutines of a bubble share one context of the
// detector for the timers that they find expired when they look at the channel of one.
// Two that look at once, each on a processor of its own, spoil its call stack, and the
// whole test binary dies with a segmentation violation ([TestTimers] shows it, run with
// -unsafe). A bubble of [Test] therefore has one processor under the detector, and as
// many as there are elsewhere. The detector loses little by that: what it reports is a
// missing order between two accesses, not their meeting.
//
// What the caller owes: tests that are parallel by [Parallel] alone, because processors
// belong to the whole process; and synctest.Wait, which works in these bubbles as in others.
package bubble
