package rules

import (
	"fmt"
	"time"
)

const (
	// A sync faster than unreal has reached no disk; one slower than slow holds up writes.
	unreal = 50 * time.Microsecond
	slow   = 50 * time.Millisecond
	// The log of a node takes up to six segments of 64 MiB, and a snapshot beside it.
	spaceLeast = 512 << 20
	spaceLow   = 2 << 30
	// A node has a few files for each shard, and one for each connection.
	filesLow  = 4096
	filesFull = 0.8
)

// disk judges how long a sync takes where it was measured.
func disk(o *Observed) (out []Finding) {
	m := o.Machine
	measured := fmt.Sprintf("a sync in %s takes %s (p50) to %s (p99)", m.Dir, round(m.SyncP50), round(m.SyncP99))
	if m.SyncP50 == 0 {
		return nil
	}
	if m.SyncP50 < unreal {
		out = append(out, one(Warning, "that is no disk, or one that answers before it has written: what was acknowledged may be lost with the power", "put the data directory on a disk, and switch off write caches that have no battery", "%s", measured)...)
	}
	if m.SyncP99 > slow {
		out = append(out, one(Warning, "every write waits for it; above 2 s the node gives its leaderships away", "take a faster disk, or find what else writes to it: iostat -x 1", "%s", measured)...)
	}
	return out
}

func round(d time.Duration) time.Duration {
	if d < time.Millisecond {
		return d.Round(time.Microsecond)
	}
	return d.Round(10 * time.Microsecond)
}

// space judges how much room there is.
func space(o *Observed) []Finding {
	m := o.Machine
	if m.Size == 0 || m.Free >= spaceLow {
		return nil
	}
	severity := Warning
	if m.Free < spaceLeast {
		severity = Error
	}
	return one(severity, "a node whose disk is full stops", "make room, or move the data directory: stop the node, copy all of it, start it there", "%d MiB are free at %s", m.Free>>20, m.Dir)
}

// files judges how many files may be open: of each node, and of processes started here.
func files(o *Observed) (out []Finding) {
	const mend = "raise it: LimitNOFILE=65536 in the unit, or ulimit -n 65536 before the node"
	for _, n := range o.Cluster.Answered() {
		if n.Metrics == nil || !n.Metrics.Has("process_max_fds") {
			continue
		}
		most, open := n.Metrics.Sum("process_max_fds"), n.Metrics.Sum("process_open_fds")
		switch {
		case open > filesFull*most:
			out = append(out, one(Error, "at the limit it accepts no connections and cannot write snapshots", mend, "node %s has %.0f of %.0f files open", n.Name(), open, most)...)
		case most < filesLow:
			out = append(out, one(Warning, "each caller, watch and held session is one", mend, "node %s may open %.0f files", n.Name(), most)...)
		}
	}
	if limit := o.Machine.Files; limit > 0 && limit < filesLow && o.Machine.Dir != "" {
		out = append(out, one(Warning, "a node that is started from here has the same limit", mend, "processes of this shell may open %d files", limit)...)
	}
	return out
}
