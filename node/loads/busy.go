package loads

import (
	"bytes"
	"os"
	"strconv"
	"sync"
	"time"
)

// Busy measures how much of the machine's CPU is in use, smoothed over about half a minute,
// so that a burst, such as many agents that start at once, turns nobody away. The zero value
// is ready. Where there is no /proc it says 0, not known.
type Busy struct {
	mu struct {
		sync.Mutex
		at          time.Time
		busy, total uint64
		smooth      float64
	}
}

const (
	sampleEvery = time.Second
	smoothOver  = 30 * time.Second
)

// Look returns thousandths of all cores.
func (b *Busy) Look() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if now.Sub(b.mu.at) < sampleEvery {
		return int64(b.mu.smooth)
	}
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	busy, total, ok := ticks(text)
	if !ok {
		return 0
	}
	if b.mu.total > 0 && total > b.mu.total {
		share := 1000 * float64(busy-b.mu.busy) / float64(total-b.mu.total)
		weight := min(1, float64(now.Sub(b.mu.at))/float64(smoothOver))
		b.mu.smooth += weight * (share - b.mu.smooth)
	}
	b.mu.at, b.mu.busy, b.mu.total = now, busy, total
	return int64(b.mu.smooth)
}

// ticks reads the first line of /proc/stat: user nice system idle iowait irq softirq steal.
func ticks(text []byte) (busy, total uint64, ok bool) {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	fields := bytes.Fields(line)
	if len(fields) < 6 || string(fields[0]) != "cpu" {
		return 0, 0, false
	}
	for i, f := range fields[1:min(len(fields), 9)] {
		v, err := strconv.ParseUint(string(f), 10, 64)
		if err != nil {
			return 0, 0, false
		}
		total += v
		if i != 3 && i != 4 { // idle and waiting for disks
			busy += v
		}
	}
	return busy, total, true
}
