// Package wal is one append-only log for all the Raft groups of a node, so that one
// sync of the disk serves whatever all groups have queued.
//
// [Open] reads the log through and returns a [Log]; [Log.Group] is one group's part of
// it, with the calls of a Raft log and of Raft's few named values. Writers queue and
// wait; one committer writes what is queued as one frame, syncs once, makes the result
// visible and wakes the writers, while the next frame gathers. There is no timer: an
// idle log writes at once.
//
// # On disk
//
// The log is a row of segments, numbered without a gap. A segment begins with a header
// of one sector; then follow frames, each on a sector of its own, and the numbers of
// frames run through all segments. A frame is written only after the frame before it
// was synced. A frame holds records; a record belongs to a group and carries a
// checksum and the group's chain: a hash of everything the group has written so far.
// Checksums are seeded with the log, the segment and the place, so that nothing that
// an older life of a recycled file, or another place, has left is ever taken for a
// record. Each segment begins with the chain and the named values of every group;
// so only entries, never values, hold a segment.
//
// # After a crash
//
// The frame that was being written when the power failed may be torn: it was never
// acknowledged and is cut off. It is told from damage by what follows: a frame that
// is followed by another, or by a later segment, had been synced, and then every
// fault in it is [ErrCorrupt]. So one case alone cannot be told apart: damage that
// reaches to the very end of the log. It is narrowed by the frontier, a file beside the
// segments that names a frame that is safe. It is written when the log is opened, when
// a segment begins, when the log has been idle for a second, and when it is closed: a
// log that ends before the frontier is damaged. What can be lost unseen is thus what
// was written in the last moments before a crash, if in the same crash, or after it,
// the disk damages just that.
//
// # Space
//
// What a group deletes or overwrites is dead. The oldest segment is given up when
// nothing in it lives, and reused under a new number, which spares the file system's
// journal. When segments outgrow twice what lives, the cleaner copies the entries
// that the oldest one still holds to the end of the log, a little at a time. Frames
// name the oldest segment that is needed, so a segment that is missing is noticed.
//
// The first error of a write or a sync is final for all groups: they share the disk.
// What the caller owes: one writer at a time for a group, and Close.
package wal
