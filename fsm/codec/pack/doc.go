// Package pack writes and reads msgpack values, each in its shortest form: numbers, texts,
// truth values, arrays and the absent value. What they mean is package codec's.
//
// A fault sticks: calls after it do nothing or return zero values, so that whoever writes or
// reads a record looks at it once, at the end. No length is believed that the bytes at hand
// could not fill.
//
// What the caller owes: Finish, and a bound for what it keeps of a list.
package pack
