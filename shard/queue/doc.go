// Package queue is where writes wait for a log entry: two lines, one of small parcels
// and one of large, out of which entries are filled.
//
// A parcel is what one caller hands over at once. Those of up to [SmallOps] operations
// and [SmallBytes] bytes stand in the line of the small. Each line has room of its own,
// and while small parcels wait, large ones get at most a quarter of an entry, and at
// least that if they need it: a flood of batches neither fills the queue for single
// writes nor makes them wait longer than for the entries under way, and is not starved
// by them either. What one line leaves the other may use.
//
// Each line is bounded by operations, by bytes, and by time: once it has been seen how
// fast a line moves, no more is let in than half of [WaitMax] can carry away, so that
// who comes too late hears so at once; and what has waited for WaitMax all the same is
// handed out as late, to be refused.
//
// What the caller owes: one goroutine alone calls Take; every write that Take or Close
// hands out is answered, once; and the time it is told never runs backwards.
package queue
