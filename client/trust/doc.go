// Package trust is what a client knows of TLS: whom it trusts, what it shows, and what an
// error of TLS means to who reads it.
//
// What the caller owes: a bound for everything that waits on connections of a [Dialer].
package trust
