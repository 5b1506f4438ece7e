// Package doors tries every door of a cluster with every kind of caller: whole nodes under
// virtual time, behind the HTTP API as it is served. It holds tests alone.
//
// What the caller owes: nothing; the package exports nothing.
package doors
