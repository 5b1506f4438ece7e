package wal

import (
	"errors"

	"roster/shard/logstore/wal/format"
)

// ErrCorrupt is the error of a log whose bytes are not what was synced.
var ErrCorrupt = format.ErrCorrupt

var errClosed = errors.New("log store is closed")
