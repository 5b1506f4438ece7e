// Package stream reads answers that go on: server-sent events, which are messages with an
// id, a kind and a body, and comments that only show that somebody is there; and whatever
// else may come slowly but not stand still.
//
// What the caller owes: to close the body, which ends the reading.
package stream
