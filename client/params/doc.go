// Package params writes what the client asks for as the parameters of a URL.
//
// What the caller owes: a query that is [OwnScope].
package params
