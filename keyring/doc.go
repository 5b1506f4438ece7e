// Package keyring holds the cluster keys of one node: the one that it uses, and others that
// it also takes from peers, so that a key is changed without a moment in which two nodes do
// not understand one another: install everywhere, use everywhere, remove everywhere.
//
// A [Ring] with a path outlives the process. Keys are told to nobody: everything but the file
// and [Ring.Keys] shows fingerprints.
package keyring
