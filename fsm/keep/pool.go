package keep

const (
	// roomMin and roomMax bound the places of a pool; powers of two.
	roomMin = 64
	roomMax = 4096
	// doorTimes is how many more hashes than values are remembered.
	doorTimes = 4
)

// pool holds values that were seen twice, each at one of two places that its hash
// names, so that two that are seen all the time seldom push each other out. The first time only the hash is noted, so that what is never seen again pushes nothing
// out.
type pool[T any] struct {
	held []entry[T]
	door []uint32
}

type entry[T any] struct {
	hash  uint64
	value T
}

// resize makes room for about so many values and forgets all.
func (p *pool[T]) resize(room int) {
	p.held, p.door = make([]entry[T], room), make([]uint32, doorTimes*room)
}

// get returns what stands under a hash; whether it is the same is for the caller to
// see.
func (p *pool[T]) get(hash uint64) (value T, ok bool) {
	for _, at := range places(hash, len(p.held)) {
		if e := &p.held[at]; e.hash == hash {
			return e.value, true
		}
	}
	return value, false
}

// again notes a hash and reports whether it was there.
func (p *pool[T]) again(hash uint64) bool {
	mark := uint32(hash>>32) | 1
	places := places(hash, len(p.door))
	at := places[hash>>63] // both taken: either
	for _, place := range places {
		switch p.door[place] {
		case mark:
			return true
		case 0:
			at = place
		}
	}
	p.door[at] = mark
	return false
}

func (p *pool[T]) put(hash uint64, value T) {
	places := places(hash, len(p.held))
	at := places[hash>>63]
	for _, place := range places {
		if p.held[place].hash == 0 {
			at = place
		}
	}
	p.held[at] = entry[T]{hash, value}
}

// places returns the two of n places that a hash names.
func places(hash uint64, n int) [2]uint64 {
	return [2]uint64{hash % uint64(n), hash >> 24 % uint64(n)}
}
