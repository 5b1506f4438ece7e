// Package audit keeps a log of what was done to a cluster, and of what was refused: a line
// of JSON each, in a file that only grows.
//
// An act has two lines, one before it begins and one when it has ended; a refusal has one.
// Each line holds SHA-256 of the line before it, so that [Verify] finds every line that was
// changed, taken out or put in. It cannot know of lines that are missing at the end: keep
// the last hash elsewhere, too.
//
// An act whose first line cannot be written must not begin: [Log.Begin] says so. Refusals
// never wait: where too many come at once, some are only counted, in a line of their own.
//
// What the caller owes: one Log a file, an End for each Begin that returned nil, Close, and
// never a secret in a Record.
package audit
