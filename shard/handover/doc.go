// Package handover keeps changes of a group's members and leader apart from each other
// and from new entries: one change at a time, and no entry while leadership is being
// handed over, so that writes wait for the new leader instead of failing.
//
// What the caller owes: to call what Take and Begin return, once.
package handover
