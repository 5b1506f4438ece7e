package wal

import (
	"fmt"
	"slices"
	"sync/atomic"

	"roster/shard/logstore/disk"
)

const segmentSuffix = ".log"

// segment is one file of the log.
type segment struct {
	seq  uint32
	seed uint32
	file disk.File
	size atomic.Int64 // of the file
	end  atomic.Int64 // of the frames that are safe
	live atomic.Int64 // bytes of the entries here that the groups still have
}

func segmentName(seq uint32) string { return fmt.Sprintf("%010d%s", seq, segmentSuffix) }

// segmentNumber returns the number in a name, and false for other names.
func segmentNumber(name string) (uint32, bool) {
	var seq uint32
	_, err := fmt.Sscanf(name, "%010d"+segmentSuffix, &seq)
	return seq, err == nil && name == segmentName(seq)
}

// segment returns a segment that holds part of the log, or nil.
func (l *Log) segment(seq uint32) *segment {
	rows := *l.rows.Load()
	if i := seq - rows[0].seq; seq >= rows[0].seq && i < uint32(len(rows)) {
		return rows[i]
	}
	return nil
}

// setRows changes which segments hold the log.
func (l *Log) setRows(change func([]*segment) []*segment) {
	l.mu.Lock()
	defer l.mu.Unlock()
	rows := change(slices.Clone(*l.rows.Load()))
	l.rows.Store(&rows)
}

// tail returns the segment that is being written.
func (l *Log) tail() *segment {
	rows := *l.rows.Load()
	return rows[len(rows)-1]
}
