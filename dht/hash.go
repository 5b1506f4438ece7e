package dht

import (
	"strings"

	"roster"
)

// The constants of FNV-1a, 64 bits.
const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

// hash64 is FNV-1a with a final avalanche: FNV alone leaves the high bits of short
// keys that differ in their last byte nearly equal. The slots of all stored data
// hang on it: it never changes.
func hash64(s string) uint64 { return avalanche(fnv(fnvOffset, s)) }

// fnv goes on with h over the bytes of s.
func fnv(h uint64, s string) uint64 {
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * fnvPrime
	}
	return h
}

// AgentSlot returns Slot(id.Key()) without making the key: on the way of a look-up that
// would be the only thing to allocate.
func AgentSlot(id roster.AgentID) int {
	namespace, name, found := strings.Cut(string(id), "/")
	if !found { // no agent's id: nothing to be fast about
		return Slot(id.Key())
	}
	fleet, _, _ := strings.Cut(name, "~")
	h := fnv(fnv(fnvOffset, "a/"), string(id[:len(namespace)+1+len(fleet)]))
	return int(avalanche(h) % roster.SlotCount)
}

// avalanche spreads every input bit over all output bits (MurmurHash3's finalizer).
func avalanche(h uint64) uint64 {
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// Slot returns the slot of a key, 0 to roster.SlotCount-1. It is the same for ever.
func Slot(key roster.Key) int { return int(hash64(string(key)) % roster.SlotCount) }
