package aging

import (
	"cmp"

	"github.com/tidwall/btree"

	"roster"
)

// Order knows which of many keys runs out next. Make one with New.
type Order[K cmp.Ordered] struct{ tree *btree.BTreeG[entry[K]] }

type entry[K cmp.Ordered] struct {
	at  roster.LogTime
	key K
}

// New returns the order of no keys.
func New[K cmp.Ordered]() Order[K] {
	return Order[K]{btree.NewBTreeGOptions(func(a, b entry[K]) bool {
		if a.at != b.at {
			return a.at < b.at
		}
		return a.key < b.key
	}, btree.Options{NoLocks: true})}
}

// Set lets key run out at a time.
func (o Order[K]) Set(key K, at roster.LogTime) { o.tree.Set(entry[K]{at, key}) }

// Drop forgets that key runs out at a time.
func (o Order[K]) Drop(key K, at roster.LogTime) { o.tree.Delete(entry[K]{at, key}) }

// Next returns when the first key runs out, if there is one.
func (o Order[K]) Next() (roster.LogTime, bool) {
	first, ok := o.tree.Min()
	return first.at, ok
}

// Due takes the first key whose time has come.
func (o Order[K]) Due(now roster.LogTime) (K, bool) {
	first, ok := o.tree.Min()
	if !ok || first.at > now {
		var none K
		return none, false
	}
	o.tree.PopMin()
	return first.key, true
}
