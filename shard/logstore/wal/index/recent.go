package index

import "github.com/hashicorp/raft"

// Recent holds a group's newest entries without a gap: Raft reads what it has just
// written, to send and to apply it. The zero Recent is empty.
type Recent struct {
	first uint64
	logs  []raft.Log
}

// Get fills log, and returns false if the entry is not held.
func (r *Recent) Get(i uint64, log *raft.Log) bool {
	if i < r.first || i >= r.first+uint64(len(r.logs)) {
		return false
	}
	*log = r.logs[i-r.first]
	return true
}

// Add makes log the newest entry. What does not join it is let go.
func (r *Recent) Add(log raft.Log) {
	if i := log.Index - r.first; log.Index < r.first || i > uint64(len(r.logs)) {
		clear(r.logs)
		r.first, r.logs = log.Index, r.logs[:0]
	} else if i < uint64(len(r.logs)) {
		clear(r.logs[i:])
		r.logs = r.logs[:i]
	}
	r.logs = append(r.logs, log)
}

// Cut lets go of low to high, and of what follows when that is in the middle.
func (r *Recent) Cut(low, high uint64) {
	if low <= r.first {
		r.Drop(high)
		return
	}
	if i := low - r.first; i < uint64(len(r.logs)) {
		clear(r.logs[i:])
		r.logs = r.logs[:i]
	}
}

// Drop lets go of everything up to index to.
func (r *Recent) Drop(to uint64) {
	if to < r.first {
		return
	}
	n := min(to-r.first+1, uint64(len(r.logs)))
	clear(r.logs[:n]) // they hold the frame
	r.first, r.logs = r.first+n, r.logs[n:]
}
