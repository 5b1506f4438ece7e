package wal

// ring remembers which groups hold entries of which frame, oldest first, and how many
// bytes that is. Only the committer touches it.
type ring struct {
	held  []held
	bytes int
}

type held struct {
	bytes int
	marks []mark
}

// mark is the highest index that a group got from a frame.
type mark struct {
	group *group
	to    uint64
}

func (r *ring) add(h held, most int) {
	if len(h.marks) == 0 {
		return
	}
	r.held = append(r.held, h)
	r.bytes += h.bytes
	for r.bytes > most && len(r.held) > 0 {
		for _, m := range r.held[0].marks {
			m.group.mu.Lock()
			m.group.mu.recent.Drop(m.to)
			m.group.mu.Unlock()
		}
		r.bytes -= r.held[0].bytes
		r.held[0] = held{}
		r.held = r.held[1:]
	}
}
