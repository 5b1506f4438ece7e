package fsm

import (
	"cmp"

	"github.com/tidwall/btree"

	"roster"
)

// aging orders the keys of a table by when they run out. It is derived: whoever keeps
// the table knows the time of each key.
type aging[K cmp.Ordered] struct{ tree *btree.BTreeG[aged[K]] }

type aged[K cmp.Ordered] struct {
	at  roster.LogTime
	key K
}

func newAging[K cmp.Ordered]() aging[K] {
	return aging[K]{btree.NewBTreeGOptions(func(a, b aged[K]) bool {
		if a.at != b.at {
			return a.at < b.at
		}
		return a.key < b.key
	}, btree.Options{NoLocks: true})}
}

// set lets key run out at a time; drop forgets that.
func (a aging[K]) set(key K, at roster.LogTime) { a.tree.Set(aged[K]{at, key}) }

func (a aging[K]) drop(key K, at roster.LogTime) { a.tree.Delete(aged[K]{at, key}) }

// next returns what runs out first.
func (a aging[K]) next() (aged[K], bool) { return a.tree.Min() }

// due takes the first key whose time has come.
func (a aging[K]) due(now roster.LogTime) (K, bool) {
	first, ok := a.tree.Min()
	if !ok || first.at > now {
		var none K
		return none, false
	}
	a.tree.PopMin()
	return first.key, true
}
