// Package wing serves the routes that need of a call no more than a [Request] shows: those
// of fleets, tokens and the keyring. Package httpapi has read and judged what all routes
// share; a handler says what the answer is, and writes nothing itself.
//
// What the caller owes: a handler of [Handlers] for each route of that name, and the answer
// sent as it says.
package wing
