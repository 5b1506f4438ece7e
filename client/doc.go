// Package client is the Go client of Roster's HTTP API.
//
// A [Client] is a roster.Service like a node is, so a program may be moved from the
// one to the other without a change. Beyond the contract it has the typed verbs that
// everybody calls: [Client.Update], [Client.Patch], [Client.SetHealth],
// [Client.OpenSession], [Client.EndSession], [Client.KeepSession], [Client.All].
//
// It is given several addresses and speaks to one of them until that fails; then it
// goes on with the next. It retries, with jittered pauses, what was certainly not
// executed, and reads. Writes that may have been executed are repeated only under
// the request that they were first sent with, so that they still run once; when time
// is up before their fate is known they end as Unknown. Without a deadline in its
// context a call is tried for roster.RequestDeadline; with one, until then.
//
// Addresses with https:// are spoken to under TLS, 1.2 or later; trust.Files names
// files where the machine's own authorities are not the ones to trust.
//
// What the caller owes: one Client for many goroutines, since it holds the
// connections; contexts that end for Watch and HoldSession; and, after Unknown, a
// look before the next write, or a context from roster.WithRequest made beforehand.
package client
