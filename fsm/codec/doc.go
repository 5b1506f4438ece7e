// Package codec is how commands, entries, results and snapshot items are written:
// msgpack arrays behind a leading format version, by hand, field by field.
//
// These bytes lie in logs and snapshots and travel between nodes of different
// releases, so their layout is a promise: golden files under testdata hold it, kinds
// are never reused, and a change of layout is a new version. Nothing is ever decoded
// into a type that the bytes choose.
//
// Decoders are bounded: a length is compared with the bytes that remain before
// anything is allocated for it, trailing bytes are refused, and no input makes them
// panic. They check form only; the rules (package fsm) check content.
//
// What the caller owes: decoded values own their memory, so the input may be reused.
// But the agents, patches and records of one input share one copy of it, so that
// whoever keeps one of many for long makes a copy, as the rules do. Encoders keep no
// reference to what they are given.
package codec
