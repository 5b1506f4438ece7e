package digest

import (
	"hash/crc32"
	"sync"

	"roster"
)

// Version says how a sum is computed. Sums of different versions mean nothing to each
// other.
const Version = 1

const (
	// Entries is how many places of the log a window covers.
	Entries = 256
	// Kept is how many windows a replica remembers: enough for one that is behind by as
	// many to be compared once it has caught up.
	Kept = 16
)

// Window is what a replica made of the Entries places of its log that end with Last, which
// is a multiple of Entries.
type Window struct{ Last, Sum uint64 }

// Digest sums up what one replica applies. Make one with New.
type Digest struct {
	window uint64 // number of the one under way
	whole  bool   // it was seen from its beginning
	sum    uint64
	mu     struct {
		sync.Mutex
		windows []Window // the latest, oldest first
	}
}

// New returns the digest of a replica that has applied nothing.
func New() *Digest { return &Digest{whole: true} }

// Restart goes on after the entry at index: what lies before it was not seen.
func (d *Digest) Restart(index uint64) {
	d.window, d.whole, d.sum = index/Entries, index%Entries == 0, 0
	d.mu.Lock()
	defer d.mu.Unlock()
	d.mu.windows = nil
}

// Add takes in the command at a place of the log and what came of it.
func (d *Digest) Add(index uint64, data []byte, results []roster.Result) {
	if window := (index - 1) / Entries; window != d.window {
		d.end()
		d.window, d.whole, d.sum = window, true, 0
	}
	d.mix(index)
	d.mix(uint64(crc32.Checksum(data, castagnoli)))
	for i := range results {
		d.result(&results[i])
	}
}

// end keeps the window under way.
func (d *Digest) end() {
	if !d.whole {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.mu.windows) == Kept {
		d.mu.windows = append(d.mu.windows[:0], d.mu.windows[1:]...)
	}
	d.mu.windows = append(d.mu.windows, Window{Last: (d.window + 1) * Entries, Sum: d.sum})
}

// Windows returns the latest whole windows, oldest first.
func (d *Digest) Windows() []Window {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]Window(nil), d.mu.windows...)
}

func (d *Digest) result(r *roster.Result) {
	d.mix(uint64(r.Index))
	if r.Err != nil {
		d.text(string(roster.CodeOf(r.Err)))
	}
	for i := range r.Events {
		e := &r.Events[i]
		d.text(string(e.Type))
		d.text(string(e.Node))
		d.text(string(e.Session))
		d.record(e.Before)
		d.record(e.After)
	}
}

func (d *Digest) record(r *roster.Record) {
	if r == nil {
		d.mix(0)
		return
	}
	d.text(string(r.ID))
	d.mix(uint64(r.Revision))
	d.mix(uint64(r.Epoch))
	d.mix(uint64(r.UpdatedAt))
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (d *Digest) text(s string) {
	h := uint64(len(s))
	for i := range len(s) {
		h = h*fnvPrime ^ uint64(s[i])
	}
	d.mix(h)
}

// fnvPrime is that of 64-bit FNV-1 (Fowler, Noll and Vo).
const fnvPrime = 0x100000001b3

// mix is one round of SplitMix64 (Steele, Lea and Flood, 2014) over the sum and x.
func (d *Digest) mix(x uint64) {
	z := (d.sum ^ x) + 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	d.sum = z ^ z>>31
}
