// Package authority issues certificates for trying out, tests and small clusters: a CA of
// one cluster, in two files, and no more of what an authority should be. It keeps no
// list of what it issued and revokes nothing; whoever has an authority of their own has
// that issue certificates with the same names.
//
// What the caller owes: a safe place for the CA's key.
package authority
