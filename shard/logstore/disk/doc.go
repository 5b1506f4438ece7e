// Package disk is the little of a file system that the shared log needs: one
// directory with a few large files, written at offsets, synced, renamed and removed.
//
// It says precisely what survives a power cut, because the log is built on nothing
// else: what a [File] was given is safe after its Sync, and a name that was made,
// changed or removed is safe after the Sync of its [FS]. [OS] is the real one; tests
// have a model of a disk behind the same two interfaces.
package disk
