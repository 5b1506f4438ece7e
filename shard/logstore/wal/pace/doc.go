// Package pace decides how long a batch of a log gathers before it is written. A sync
// costs more than anything else, for one operation as for many, so while several write
// at once a batch waits for others about as long as a sync takes. Who writes alone never
// waits.
//
// What the caller owes: a word after each sync, and the wait before the next batch.
package pace
