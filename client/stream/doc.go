// Package stream reads server-sent events: messages with an id, a kind and a body, and
// comments that only show that somebody is there.
//
// What the caller owes: to close the body, which ends the reading.
package stream
