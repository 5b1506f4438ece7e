package codec

import "roster"

// shared is the memory that the agents of one Reader have in common: one copy of all
// its bytes, out of which their texts are cut, and few long slices, out of which their
// lists are. It makes reading an agent cost nothing for each field, and whoever keeps
// one agent keep all: see the package comment.
type shared struct {
	pairs        slab[roster.Pair]
	capabilities slab[roster.Capability]
	endpoints    slab[roster.Endpoint]
}

// slabMax is how many items a slab has at most.
const slabMax = 128

// slab hands out slices of a longer one, each with a room of its own.
type slab[T any] struct {
	free []T
	last int // how long the slab was
}

// take returns an empty slice with room for n.
func (s *slab[T]) take(n int) []T {
	if n == 0 {
		return []T{}
	}
	if n > len(s.free) {
		s.last = min(max(2*s.last, 8, n), max(slabMax, n))
		s.free = make([]T, s.last)
	}
	taken := s.free[:0:n]
	s.free = s.free[n:]
	return taken
}

// share makes texts and lists shared until the function that it returns is called.
func (r *Reader) share() (end func()) { return r.Share() }

// room returns an empty list for n items: shared, if lists are and n is believable.
func room[T any](r *Reader, s *slab[T], n int) []T {
	if r.Sharing() && n <= eagerMax {
		return s.take(n)
	}
	return make([]T, 0, min(n, eagerMax))
}
