package nemesis

import (
	"slices"

	"roster/internal/simnet"
)

// shape makes the network what the faults that go on make of it together.
func (r *run) shape() {
	r.c.Net.Shape(func(from, to *simnet.Host) (simnet.Link, bool) {
		a, b := r.number(from), r.number(to)
		link, cut := simnet.Healthy(), r.gone[a] || r.gone[b]
		for _, f := range r.active {
			cut = cut || f.cuts(a, b)
			f.worsens(a, b, &link)
		}
		return link, cut && a != b
	})
}

func (r *run) number(h *simnet.Host) int {
	for i := range r.c.Size() {
		if r.c.Host(i) == h {
			return i
		}
	}
	return -1
}

// cuts reports whether nothing goes from node a to node b.
func (f Fault) cuts(a, b int) bool {
	from, to := slices.Contains(f.Nodes, a), slices.Contains(f.Nodes, b)
	switch f.Kind {
	case Isolate, Pause:
		return from || to
	case Split:
		return from != to
	case Mute:
		return from
	case Deaf:
		return to
	case Cut, Flap:
		return from && to
	}
	return false
}

// worsens changes the link from node a to node b.
func (f Fault) worsens(a, b int, l *simnet.Link) {
	switch f.Kind {
	case SlowNode:
		if slices.Contains(f.Nodes, a) || slices.Contains(f.Nodes, b) {
			l.DelayMax += f.By
		}
	case SlowLinks:
		l.DelayMax += f.By
	case Loss:
		l.Drop, l.Duplicate = float64(f.By)/1000, float64(f.By)/1000
	}
}
