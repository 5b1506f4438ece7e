// Package canary finds what is left of a former user in a value: the proof, in tests, that a
// Reset forgets everything.
//
//	instance used with a Mark ──▶ Reset ──▶ Find(instance, mark) ──▶ where it still is
//
// The mark is a text that stands nowhere else. Find walks through everything that the value
// reaches, exported or not: fields, pointers, interfaces, elements up to the capacity of a
// slice, keys and values of maps. It cannot see into functions (what they have captured),
// channels (what waits in them), raw memory and numbers, nor into what is outside of the
// process. A value that keeps former users there needs a check of its own.
//
// What the caller owes: a value that nobody changes meanwhile.
package canary
