package entrance

import (
	"strings"
	"sync/atomic"
	"time"

	"roster"
)

const (
	// Max is how many requests of a line are under way at a time, unless New is told
	// another number: enough that entries and syncs are shared, few enough that nobody who
	// is let in waits long.
	Max = 128
	// again is when who is refused may come again.
	again = time.Second
)

// Entrance is what stands before the routes of one node.
type Entrance struct {
	reads, writes Line
}

// New returns an entrance for so many requests of a kind at a time; 0 is Max.
func New(most int) *Entrance {
	if most == 0 {
		most = Max
	}
	e := &Entrance{}
	e.reads.most, e.writes.most = int64(most), int64(most)
	return e
}

// Line returns where requests of a path queue up; nil, which lets everybody in, for those
// that have no line.
func (e *Entrance) Line(path string, reads, stream bool) *Line {
	switch {
	case stream || !strings.HasPrefix(path, "/v1/agents") && path != "/v1/commands":
		return nil
	case reads:
		return &e.reads
	}
	return &e.writes
}

// Line is one kind of requests.
type Line struct {
	most  int64
	under atomic.Int64
}

// Place is one request's place in its line. The zero value has no line.
type Place struct {
	*Line
	inside bool
}

// Enter lets a request in, if it is to come in now, or refuses it: Overloaded.
func (p *Place) Enter(now bool) error {
	if p.Line == nil || !now {
		return nil
	}
	if p.under.Add(1) > p.most {
		p.under.Add(-1)
		return &roster.Error{Code: roster.CodeOverloaded, RetryAfter: again, Detail: "this node works on as many requests as it can answer in time; nothing was executed"}
	}
	p.inside = true
	return nil
}

// Leave ends a request, if it was let in.
func (p *Place) Leave() {
	if p.inside {
		p.inside = false
		p.under.Add(-1)
	}
}
