// Package params writes what the client asks for as the parameters of a URL, and
// reads what the headers of an answer say of it.
//
// What the caller owes: a query that is [OwnScope].
package params
