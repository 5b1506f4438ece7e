// Package door asks who calls, before anything else of a request is read, and whether the
// right that its route asks for is his.
//
// It judges what the path says: open routes, those for the whole cluster, an agent's
// namespace, a session's. What a body or a query names is judged by package access/gate,
// behind it; here it is enough that the caller may do such a thing somewhere.
//
// On an open route a token that is no good counts as none: a probe goes on when the token
// that it was once given has expired.
//
// What the caller owes: to ask again ([Keeper]) before it sends more on a stream.
package door
