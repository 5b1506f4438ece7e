package mailbox

import "time"

// Load is how much a box has for its receiver to do.
type Load struct {
	Waiting int
	Handed  int           // handed out and not finished
	Oldest  time.Duration // how long the first of those that wait has been here
	// Busy is the share of the Span before in which something was handed out, in percent,
	// rounded up. Span is the time since Load was asked before; 0 if it was not for a while:
	// Busy is then how it is now.
	Busy int
	Span time.Duration
}

// loadOver is the longest Span.
const loadOver = 5 * time.Second

// Load tells how much the box has to do, and begins a new Span.
func (b *Box) Load(now time.Time) Load {
	b.work(now)
	l := Load{Waiting: b.waiting(), Handed: len(b.out), Span: now.Sub(b.looked)}
	switch {
	case l.Span > 0 && l.Span <= loadOver:
		l.Busy = int((100*b.worked + l.Span - 1) / l.Span)
	case len(b.out) > 0:
		l.Span, l.Busy = 0, 100
	default:
		l.Span = 0
	}
	for i := range b.lines {
		if len(b.lines[i].all) > 0 {
			first := &b.lines[i].all[0]
			l.Oldest = max(l.Oldest, now.Sub(first.end)+first.wait())
		}
	}
	b.looked, b.worked = now, 0
	return l
}

// work counts the time up to now, if something is handed out.
func (b *Box) work(now time.Time) {
	if len(b.out) > 0 && now.After(b.since) {
		b.worked += now.Sub(b.since)
	}
	b.since = now
}
