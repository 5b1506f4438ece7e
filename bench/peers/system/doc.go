// Package system knows how each of the systems under test is started, asked who leads,
// killed, and spoken to: what differs between them. How they are loaded and measured
// does not, and is elsewhere.
//
// A [System] is servers; a [Store] is a client of it. A system has several stores where
// there are several fair ways to speak to it: HTTP/1.1 carries one request at a time on
// a connection, so that "the same number of connections" and "the same number of
// requests under way" are two things.
//
// What the caller owes: [System.Stop] after Start, even after one that failed, and
// [Store.Close] after Connect; contexts with a deadline for every call.
package system
