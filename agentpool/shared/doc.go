// Package shared keeps what many agents of a node read only once: a model, a list, a
// configuration.
//
//	Blobs ──▶ Holder, one for each activation ──▶ Get(key, load) ──▶ the bytes, and their release
//
// The first that asks for a key loads it; those that ask meanwhile wait for that. A blob is
// kept as long as an activation has it, and goes with the last one: what an activation did
// not give back, its Holder does. What could not be loaded is not remembered.
//
// What the caller owes: bytes that nobody writes to, and keys that say what is in them: two
// fleets that use one key for different contents get whichever was loaded first. A version,
// or the hash of the contents, makes a good end of a key.
package shared
