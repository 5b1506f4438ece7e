// Package tokens gives out access tokens and recognises them.
//
// They live in the system shard, of which every node has a replica: recognising one asks
// nobody, and a revocation holds on a node from the moment at which its replica has
// applied it. On a node that is cut off from the others, old tokens go on.
//
// What the caller owes: to ask only those whose policy allows it ([Issuer] checks no
// right), and never to log a secret.
package tokens
