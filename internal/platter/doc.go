// Package platter is a model of a disk, for tests of what must survive a power cut.
//
// A [Disk] keeps everything twice: as programs see it and as it is safe. Sync of a file
// makes its bytes safe, Sync of the directory its names. [Disk.PowerCut] leaves what is
// safe and, of the rest, what chance allows: some sectors of 512 bytes of some writes,
// some of the names. [Disk.Kill] is the end of a process, which loses nothing.
//
// A Disk also fails on command: [Disk.CutAt] ends everything at the n-th call,
// [Disk.FailAt] answers one call with an error, [Disk.Stall] lets syncs hang and
// [Disk.Flip] turns a bit over. After a sync that failed, what it should have made
// safe never will be, although programs still see it.
//
// The same seed and the same calls in the same order give the same disk.
package platter
