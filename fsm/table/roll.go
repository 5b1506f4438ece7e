package table

import (
	"hash/maphash"
	"sync/atomic"

	"roster"
)

const (
	bucketCount = 256 // parts of the hash table, each growing by itself, so that no write waits for all
	slotsMin    = 8   // slots of the smallest bucket; a power of two, like every size
	pageSize    = 512 // records on a page
)

// What the lower half of a slot's key says; higher is an ordinal and ordinalBase.
const (
	slotEmpty   = 0 // a search ends here
	slotGrave   = 1 // an agent stood here: a search goes on
	ordinalBase = 2
)

// Roll holds the records of one state: by id, and by the ordinal that each agent has
// while it is on the roll. Ordinals are dense: one that is given up is the next to be
// given. They mean nothing outside this process and must reach neither state nor
// output. Make one with NewRoll.
//
// A slot of the hash table holds the pointer itself, so that a look-up touches memory
// as seldom as it can, and the pages hold it once more for those who know the ordinal.
// Together that is less than a map with an entry for each agent.
type Roll struct {
	seed    maphash.Seed
	buckets [bucketCount]atomic.Pointer[bucket]
	pages   atomic.Pointer[[]*page]
	free    []uint32 // the writer's: ordinals given up
	next    uint32   // the writer's: the first ordinal never given
}

type page [pageSize]atomic.Pointer[roster.Record]

// slot is one place of a hash table. Its key is the lower half of the hash, then the
// ordinal.
type slot struct {
	key    atomic.Uint64
	record atomic.Pointer[roster.Record]
}

func keyOf(hash uint64, ordinal uint32) uint64 {
	return uint64(uint32(hash))<<32 | uint64(ordinal+ordinalBase)
}

// bucket is an open hash table with linear probing, of which a quarter at least is
// empty.
type bucket struct {
	slots  []slot
	live   int // the writer's: slots with an agent
	filled int // the writer's: those and graves
}

// NewRoll returns an empty roll.
func NewRoll() *Roll {
	r := &Roll{seed: maphash.MakeSeed()}
	r.pages.Store(new([]*page))
	return r
}

// Get returns the record of id. It takes no lock and allocates nothing.
func (t *Roll) Get(id roster.AgentID) (*roster.Record, bool) {
	_, _, r := t.find(id)
	return r, r != nil
}

// Ordinal returns the ordinal of id.
func (t *Roll) Ordinal(id roster.AgentID) (ordinal uint32, ok bool) {
	_, at, r := t.find(id)
	if r == nil {
		return 0, false
	}
	return uint32(at.key.Load()) - ordinalBase, true // the writer's own words: nobody changes them meanwhile
}

// At returns the record of an ordinal, nil where there is none.
func (t *Roll) At(ordinal uint32) *roster.Record {
	pages := *t.pages.Load()
	if int(ordinal/pageSize) >= len(pages) {
		return nil
	}
	return pages[ordinal/pageSize][ordinal%pageSize].Load()
}

// Len returns how many agents there are; it is the writer's to ask.
func (t *Roll) Len() int { return int(t.next) - len(t.free) }

// find looks id up and returns where it stands. A slot may be given to another agent
// between its key and its record: the id of the record decides, and who looks for the
// one before finds nothing.
func (t *Roll) find(id roster.AgentID) (*bucket, *slot, *roster.Record) {
	hash := maphash.String(t.seed, string(id))
	b := t.buckets[hash>>56].Load()
	if b == nil {
		return nil, nil, nil
	}
	for at := uint32(hash); ; at++ {
		s := b.slot(at)
		key := s.key.Load()
		if uint32(key) == slotEmpty {
			return nil, nil, nil
		}
		if uint32(key>>32) != uint32(hash) || uint32(key) == slotGrave {
			continue
		}
		if r := s.record.Load(); r != nil && r.ID == id {
			return b, s, r
		}
	}
}

// Put makes r the record of its id and returns its ordinal, which an agent that is on
// the roll keeps.
func (t *Roll) Put(r *roster.Record) uint32 {
	if _, s, old := t.find(r.ID); old != nil {
		ordinal := uint32(s.key.Load()) - ordinalBase
		s.record.Store(r)
		t.set(ordinal, r)
		return ordinal
	}
	ordinal := t.next
	if n := len(t.free); n > 0 {
		ordinal, t.free = t.free[n-1], t.free[:n-1]
	} else {
		t.next++
	}
	t.set(ordinal, r)
	hash := maphash.String(t.seed, string(r.ID))
	b := t.roomy(hash)
	for at := uint32(hash); ; at++ {
		s := b.slot(at)
		if old := uint32(s.key.Load()); old <= slotGrave {
			b.live++
			b.filled += 1 - int(old)
			s.record.Store(r) // before the key leads here
			s.key.Store(keyOf(hash, ordinal))
			return ordinal
		}
	}
}

// Delete takes id off the roll and returns the ordinal that it had.
func (t *Roll) Delete(id roster.AgentID) (ordinal uint32, known bool) {
	b, s, old := t.find(id)
	if old == nil {
		return 0, false
	}
	at := uint32(s.key.Load() >> 32) // where the search began: the slot is there or after
	for b.slot(at) != s {
		at++
	}
	ordinal = uint32(s.key.Load()) - ordinalBase
	b.bury(at)
	s.record.Store(nil)
	t.set(ordinal, nil)
	t.free = append(t.free, ordinal)
	return ordinal, true
}

// set stores a record at an ordinal.
func (t *Roll) set(ordinal uint32, r *roster.Record) {
	pages := *t.pages.Load()
	if int(ordinal/pageSize) == len(pages) {
		grown := append(pages[:len(pages):len(pages)], new(page))
		t.pages.Store(&grown)
		pages = grown
	}
	pages[ordinal/pageSize][ordinal%pageSize].Store(r)
}

func (b *bucket) slot(at uint32) *slot { return &b.slots[at&uint32(len(b.slots)-1)] }

// bury takes an agent from a slot. Where the next slot is empty no search goes past
// this one, nor past the graves before it: they become empty too.
func (b *bucket) bury(at uint32) {
	b.live--
	if uint32(b.slot(at+1).key.Load()) != slotEmpty {
		b.slot(at).key.Store(slotGrave)
		return
	}
	b.slot(at).key.Store(slotEmpty)
	b.filled--
	for at--; uint32(b.slot(at).key.Load()) == slotGrave; at-- {
		b.slot(at).key.Store(slotEmpty)
		b.filled--
	}
}

// roomy returns the bucket of a hash with room for one more, and builds it anew where
// agents and graves fill three quarters. Readers of the old one find what was there.
func (t *Roll) roomy(hash uint64) *bucket {
	b := t.buckets[hash>>56].Load()
	if b == nil {
		b = &bucket{slots: make([]slot, slotsMin)}
		t.buckets[hash>>56].Store(b)
	}
	if b.filled < len(b.slots)/4*3 {
		return b
	}
	size := len(b.slots)
	switch {
	case b.live >= size/2:
		size *= 2
	case b.live < size/8:
		size = max(size/2, slotsMin)
	}
	next := &bucket{slots: make([]slot, size), live: b.live, filled: b.live}
	for i := range b.slots {
		key := b.slots[i].key.Load()
		if uint32(key) <= slotGrave {
			continue
		}
		at := uint32(key >> 32)
		for next.slot(at).key.Load() != slotEmpty {
			at++
		}
		next.slot(at).record.Store(b.slots[i].record.Load())
		next.slot(at).key.Store(key)
	}
	t.buckets[hash>>56].Store(next)
	return next
}
