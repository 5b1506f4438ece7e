// Package entrance bounds how many requests a node works on at a time.
//
// A node that takes whatever comes answers everybody late. Behind an [Entrance] at most so
// many requests that read, and as many that write, are under way; who comes then is refused
// at once (Overloaded, 429) and told when to come again. Those that are let in are answered
// about as fast as ever. Reading and writing have a [Line] each, so that writes that wait
// for a leader do not keep readers out.
//
// A request counts from the moment at which its body is there, so that a caller who sends
// slowly takes nobody's place. What keeps a cluster alive or tells how it is has no line:
// sessions, probes, metrics, what operators do; and streams, which have bounds of their own.
//
// What the caller owes: Leave, whether a Place let in or not.
package entrance
