// Package contract holds the tests that every roster.Service must pass: the service
// in memory, a node, the HTTP client in front of either.
//
// Run makes one service and hands it to every test; the tests keep to namespaces and
// sessions of their own, so that a service that takes long to start is started once.
// Where implementations may differ (plans, ages, tokens' insides) nothing is asked.
//
// What the caller owes: a service that is ready for writes and empty enough that no
// agent lives in a namespace that begins with "contract-".
package contract
