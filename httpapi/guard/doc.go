// Package guard refuses requests that no route may see: a Host header that is not this
// node's, a web page of another origin that wants to change something, a path with two
// spellings, TRACE, CONNECT, whole URLs, upgrades and headers without end.
//
// What the caller owes: ask before routing, and answer with the error's status.
package guard
