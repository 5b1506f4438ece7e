// Package wire writes and reads the frames of connections that many share.
//
// A [Writer] sends what is queued: frames that are queued together leave in one write.
// [ReadBody], [Uvarint] and [Bytes] read what a peer sent without trusting the lengths
// that it claims.
//
// What the caller owes: one goroutine that runs a Writer, and frames that are not
// changed once they are queued.
package wire
