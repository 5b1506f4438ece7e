package mailbox

import (
	"slices"
	"time"
)

const (
	// MarksMin is how many ids a box remembers at least, until they are MarksKeep old.
	MarksMin = 1024
	// MarksKeep is how long it remembers an id.
	MarksKeep = 5 * time.Minute
)

// marks remembers the newest messages, by their ids.
type marks struct {
	known map[Mark]bool
	order []marked
}

type marked struct {
	mark Mark
	at   time.Time
}

func (m *marks) has(k Mark) bool { return m.known[k] }

func (m *marks) empty() bool { return len(m.order) == 0 }

// add remembers k, and most marks in all.
func (m *marks) add(k Mark, most int, now time.Time) {
	if m.known == nil {
		m.known = make(map[Mark]bool)
	}
	if m.known[k] {
		return
	}
	m.known[k] = true
	m.order = append(m.order, marked{k, now})
	for len(m.order) > most {
		m.forget()
	}
}

// drop forgets k.
func (m *marks) drop(k Mark) {
	if !m.known[k] {
		return
	}
	delete(m.known, k)
	if m.order = slices.DeleteFunc(m.order, func(x marked) bool { return x.mark == k }); len(m.order) == 0 {
		*m = marks{}
	}
}

func (m *marks) forget() {
	delete(m.known, m.order[0].mark)
	if m.order = m.order[1:]; len(m.order) == 0 {
		*m = marks{}
	}
}

func (m *marks) expire(now time.Time) {
	for len(m.order) > 0 && now.Sub(m.order[0].at) >= MarksKeep {
		m.forget()
	}
}
