// Package frame is the format of what the Raft groups of two nodes say to each other.
//
// A connection begins with a preface from either side ([WritePreface], [ReadPreface]):
// magic, version and node id. Then come frames: kind, length, and a body of fixed fields
// that every kind has, most of them zero bytes, followed by entries, beats or a text.
// [Write] writes one, [Read] reads one. Everything is bounded, and no length is trusted
// before its bytes are there.
//
// The format is versioned by the preface; a golden file holds its bytes. Nodes are
// authenticated before: a frame may be wrong, but not hostile beyond what a holder of
// the cluster key can do anyway.
package frame
