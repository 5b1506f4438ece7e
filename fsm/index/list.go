package index

import (
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
)

const (
	// smallMax is how many ordinals a list keeps as they are: compressed, so few would
	// cost more.
	smallMax = 1024
	// smallAgain is how few a compressed list must hold to be written out again; far
	// below smallMax, so that no list goes to and fro.
	smallAgain = smallMax / 4
)

// set is the ordinals under one term, never none: the one that most terms have, or a
// list.
type set struct {
	one  uint32
	more *list // nil: one
}

// list is a sorted list while short and a compressed bitmap when long.
type list struct {
	n     int
	small []uint32
	big   *roaring.Bitmap // nil: small
}

func (s set) size() int {
	if s.more == nil {
		return 1
	}
	return s.more.n
}

func (s set) has(at uint32) bool {
	switch {
	case s.more == nil:
		return s.one == at
	case s.more.big != nil:
		return s.more.big.Contains(at)
	}
	_, ok := slices.BinarySearch(s.more.small, at)
	return ok
}

// each calls f with the ordinals in order until f is false.
func (s set) each(f func(uint32) bool) {
	switch {
	case s.more == nil:
		f(s.one)
	case s.more.big != nil:
		s.more.big.Iterate(f)
	default:
		for _, at := range s.more.small {
			if !f(at) {
				return
			}
		}
	}
}

// add puts at into the list, if it is not there.
func (l *list) add(at uint32) {
	if l.big != nil {
		if l.big.CheckedAdd(at) {
			l.n++
		}
		return
	}
	if n := len(l.small); n == 0 || l.small[n-1] < at {
		l.small = append(l.small, at)
	} else if i, there := slices.BinarySearch(l.small, at); !there {
		l.small = slices.Insert(l.small, i, at)
	}
	l.n = len(l.small)
	if l.n > smallMax {
		l.big, l.small = roaring.BitmapOf(l.small...), nil
	}
}

// remove takes at out of the list, if it is there, and reports whether none is left.
func (l *list) remove(at uint32) (empty bool) {
	if l.big == nil {
		if i, there := slices.BinarySearch(l.small, at); there {
			l.small = slices.Delete(l.small, i, i+1)
		}
		l.n = len(l.small)
		return l.n == 0
	}
	if l.big.CheckedRemove(at) {
		l.n--
	}
	if l.n <= smallAgain {
		l.big, l.small = nil, l.big.ToArray()
	}
	return l.n == 0
}
