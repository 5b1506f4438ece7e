// Package durable replaces small files so that a crash leaves the old one or the new one.
//
// What the caller owes: one writer a file at a time, and a directory that is there.
package durable
