package meter

import (
	"runtime/debug"
	"runtime/metrics"
)

// Use is how this process uses memory.
type Use struct {
	Taken int64 // bytes that the runtime has from the system and has not given back
	// Efficiency is how much of that was live when garbage was last collected, in thousandths.
	Efficiency int
	// Collecting is the share of its CPU time that went into collecting since the reading
	// before, in thousandths; 0 when nothing was collected.
	Collecting int
}

// Own reads what Go's runtime says of this process; for one goroutine at a time.
type Own struct{ collecting, busy float64 }

// Read returns the figures of this moment.
func (o *Own) Read() Use {
	s := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}, {Name: "/gc/heap/live:bytes"},
		{Name: "/cpu/classes/gc/total:cpu-seconds"}, {Name: "/cpu/classes/total:cpu-seconds"}, {Name: "/cpu/classes/idle:cpu-seconds"}}
	metrics.Read(s)
	u := Use{Taken: int64(s[0].Value.Uint64() - s[1].Value.Uint64())}
	if u.Taken > 0 {
		u.Efficiency = int(int64(s[2].Value.Uint64()) * 1000 / u.Taken)
	}
	collecting, busy := s[3].Value.Float64(), s[4].Value.Float64()-s[5].Value.Float64()
	if busy > o.busy {
		u.Collecting = int(1000 * (collecting - o.collecting) / (busy - o.busy))
	}
	o.collecting, o.busy = collecting, busy
	return u
}

// Collect collects garbage and gives to the system what is free: it takes a moment in
// which the process is slow, in proportion to what lives.
func (*Own) Collect() { debug.FreeOSMemory() }
