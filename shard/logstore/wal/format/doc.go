// Package format is the bytes of the shared log: headers, frames and records, how they
// are put together ([Writer]) and taken apart ([Reader]). The layout stands in format.go.
//
// Every checksum is seeded with the log, the segment and the offset, so that bytes of
// another place, or of a file's earlier life, are never taken for what should stand
// here. A record carries its group's chain, a hash of all that the group has written.
package format
