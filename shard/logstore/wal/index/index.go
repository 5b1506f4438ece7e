package index

import (
	"slices"
	"sort"
)

// Place is where a record stands: segment, offset in it and size with its head. The
// zero Place is none.
type Place struct{ Seq, Off, Size uint32 }

// run is a stretch of entries without a gap.
type run struct {
	first uint64
	at    []Place
}

func (r run) end() uint64 { return r.first + uint64(len(r.at)) }

// Index finds a group's entries. The zero Index is empty.
type Index struct {
	runs []run // in order; no two of them touch
}

// find returns the first run that ends after i.
func (x *Index) find(i uint64) int {
	if n := len(x.runs); n == 0 || x.runs[n-1].end() <= i {
		return n
	}
	return sort.Search(len(x.runs), func(k int) bool { return x.runs[k].end() > i })
}

// Get returns where an entry stands, and false if there is none.
func (x *Index) Get(i uint64) (Place, bool) {
	k := x.find(i)
	if k == len(x.runs) || i < x.runs[k].first {
		return Place{}, false
	}
	return x.runs[k].at[i-x.runs[k].first], true
}

// Bounds returns the first and the last index; zeros when there is none.
func (x *Index) Bounds() (first, last uint64) {
	if len(x.runs) == 0 {
		return 0, 0
	}
	return x.runs[0].first, x.runs[len(x.runs)-1].end() - 1
}

// Put enters an entry and returns the one that it replaces; its size is 0 if none.
func (x *Index) Put(i uint64, p Place) (old Place) {
	k := x.find(i)
	if k < len(x.runs) && x.runs[k].first <= i {
		at := &x.runs[k].at[i-x.runs[k].first]
		old, *at = *at, p
		return old
	}
	left := k > 0 && x.runs[k-1].end() == i
	right := k < len(x.runs) && x.runs[k].first == i+1
	switch {
	case left:
		x.runs[k-1].at = append(x.runs[k-1].at, p)
		if right {
			x.runs[k-1].at = append(x.runs[k-1].at, x.runs[k].at...)
			x.runs = slices.Delete(x.runs, k, k+1)
		}
	case right:
		x.runs[k].first, x.runs[k].at = i, slices.Insert(x.runs[k].at, 0, p)
	default:
		x.runs = slices.Insert(x.runs, k, run{i, []Place{p}})
	}
	return Place{}
}

// Cut deletes low to high and calls dead for each entry that was there.
func (x *Index) Cut(low, high uint64, dead func(Place)) {
	for k := x.find(low); k < len(x.runs) && x.runs[k].first <= high; {
		r := x.runs[k]
		from, to := max(low, r.first)-r.first, min(high, r.end()-1)-r.first+1
		for _, p := range r.at[from:to] {
			dead(p)
		}
		head := run{r.first, r.at[:from:from]} // its own room, or appending would overwrite the tail
		tail := run{r.first + to, r.at[to:]}
		if len(tail.at) < int(to) {
			tail.at = slices.Clone(tail.at) // lets go of what was before it
		}
		var left []run
		for _, part := range []run{head, tail} {
			if len(part.at) > 0 {
				left = append(left, part)
			}
		}
		x.runs = slices.Replace(x.runs, k, k+1, left...)
		if len(head.at) > 0 {
			k++
		}
		if len(tail.at) > 0 {
			return
		}
	}
}

// Within calls each for the entries from index from on that stand in segment seq, in
// order, until it says stop; and looks at no more than looks. It returns where to go on,
// 0 at the end.
func (x *Index) Within(seq uint32, from uint64, looks int, each func(uint64, Place) bool) (next uint64) {
	for k := x.find(from); k < len(x.runs); k++ {
		r := x.runs[k]
		for i := max(from, r.first); i < r.end(); i++ {
			if looks == 0 {
				return i
			}
			looks--
			if p := r.at[i-r.first]; p.Seq == seq && !each(i, p) {
				return i + 1
			}
		}
	}
	return 0
}
