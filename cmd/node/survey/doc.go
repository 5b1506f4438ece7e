// Package survey asks every node of a cluster what it says of itself.
//
// It begins with the addresses that it is given, learns the members from whoever answers,
// and asks each of them at the address of its HTTP API, all at once. It uses the public API
// alone, and takes no answer for granted: a node that is silent, slow or refuses costs what
// it would have told and no more.
//
// What the caller owes: a context that ends, and to Close.
package survey
