// Package line is a queue for places: so many callers are in at once, others wait, and who
// came first goes in first.
//
//	Enter ──▶ in (places) ──▶ Leave
//	  └────▶ waits (waiters) ──▶ in, in order of arrival
//	             └──▶ Overloaded when too many wait already
//
// Order and cancellation are those of [golang.org/x/sync/semaphore]: nobody overtakes who
// waits, and one who gives up leaves no hole. Added here are the bound of those who wait, and
// an end.
//
// What the caller owes: a Leave for each Enter that returned nil, and Close.
package line
