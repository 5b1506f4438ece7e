// Package jobs runs functions on a fixed number of workers, behind a queue with a bound: for
// an agent that has more to do than it should do at once.
//
//	Do  ──▶ waits for room ─┐
//	                        ├─▶ queue ──▶ one of the workers ──▶ the job's error
//	Try ──▶ Overloaded  ◀───┘
//
// Jobs begin in the order in which they came. One whose context ends while it waits never
// begins, and takes no room from then on. A job that panics fails, and nothing else does.
//
// Two libraries were looked at. alitto/pond has workers, a queue and errors out of panics; but who waits for room in it cannot give
// up, a job that nobody wants any more keeps its room, and its end cannot be bounded in time.
// sourcegraph/conc and errgroup have no queue, and wait for all jobs where each should be
// waited for alone. The line for room is golang.org/x/sync's; what is left is here.
//
// What the caller owes: functions that return when their context ends; [Pool.Close].
package jobs
