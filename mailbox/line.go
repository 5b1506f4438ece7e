package mailbox

import "time"

// waiting is a message that waits, until its end.
type waiting struct {
	Message
	end   time.Time
	again bool
}

// line is a queue of messages, oldest first.
type line struct {
	all   []waiting
	bytes int
}

func (l *line) len() int { return len(l.all) }

func (l *line) push(w waiting) {
	l.all = append(l.all, w)
	l.bytes += w.Size()
}

// prepend puts more before all others.
func (l *line) prepend(more []waiting) {
	if len(more) == 0 {
		return
	}
	l.all = append(more, l.all...)
	for i := range more {
		l.bytes += more[i].Size()
	}
}

func (l *line) pop() waiting {
	w := l.all[0]
	l.all[0] = waiting{} // its body is not kept alive
	if l.all = l.all[1:]; len(l.all) == 0 {
		l.all = nil
	}
	l.bytes -= w.Size()
	return w
}

// expire takes out what has ended, and says how much that was.
func (l *line) expire(now time.Time) (count, bytes int) {
	kept := l.all[:0]
	for _, w := range l.all {
		if now.Before(w.end) {
			kept = append(kept, w)
			continue
		}
		count, bytes = count+1, bytes+w.Size()
	}
	clear(l.all[len(kept):])
	l.all = kept
	l.bytes -= bytes
	return count, bytes
}
