package seed

import (
	"roster"
	"roster/backup"
	"roster/fsm"
)

// Restore makes the directory out of an archive, which was verified whole. The error is
// Conflict for a directory that is not empty, and Invalid for an archive of what is no
// cluster.
func Restore(c Config, a *backup.Archive) (Result, error) {
	return grow(c, source{shards: len(a.Shards), state: func(id roster.ShardID) (*fsm.Machine, string, error) {
		m, err := read(id, a.State(id))
		return m, "", err
	}})
}
