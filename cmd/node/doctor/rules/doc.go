// Package rules says what is wrong with a cluster, and how to mend it. It is pure: what was
// seen goes in, findings come out.
//
// A rule looks at all that was observed and answers what it finds, so that one cause is one
// finding and not one a node. Three severities: an error costs callers something now, or is
// about to; a warning costs a margin; a note is worth knowing.
//
// What the caller owes: an Observed from which nothing was left out silently. What a node
// did not tell stands in its Untold, and becomes a note.
package rules
