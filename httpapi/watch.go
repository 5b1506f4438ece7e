package httpapi

import (
	"context"
	"errors"
	"fmt"
	"time"

	"roster"
	"roster/httpapi/sse"
	"roster/httpapi/wire"
)

// watch streams what happens to the agents that the parameters select.
func (c *call) watch() error {
	q, after, err := c.watchQuery()
	if err != nil || c.headOnly() {
		return err
	}
	leave, err := c.admit(&c.api.watchers, c.api.meter.Watchers, c.api.options.MaxWatchers)
	if err != nil {
		return err
	}
	defer leave()
	ctx, cancel := context.WithCancel(c.r.Context())
	if after, err = c.begin(ctx, q, after); err != nil {
		cancel()
		return err
	}
	news := c.follow(ctx, q, after)
	defer func() { // join the goroutine that follows
		cancel()
		for range news {
		}
	}()
	return c.relay(ctx, news, q.Initial)
}

// watchQuery reads what to watch and where to go on. Last-Event-ID is newer than
// after: a browser that reconnects repeats the address it began with.
func (c *call) watchQuery() (roster.Query, roster.Cursor, error) {
	q, err := c.selection()
	if err != nil {
		return q, "", err
	}
	if q.Initial, err = c.flag("initial"); err != nil {
		return q, "", err
	}
	if q.AnyHealth, err = c.flag("any_health"); err != nil {
		return q, "", err
	}
	last, err := wire.Header(c.r.Header, "Last-Event-Id")
	if err != nil {
		return q, "", err
	}
	if last != "" {
		q.Initial = false
		return q, roster.Cursor(last), nil
	}
	after := c.query.Get("after")
	if after == "" && !q.Initial {
		token, err := c.tokenHeader()
		return q, roster.Cursor(token), err
	}
	return q, roster.Cursor(after), nil
}

// begin returns where the watch begins. One that begins now is given the position of
// now, told in the head of the answer: it misses nothing from the moment its head is
// read, and can be resumed before its first event. One that goes on waits here until
// this replica has come as far, so that a position ahead of it is still a status.
func (c *call) begin(ctx context.Context, q roster.Query, after roster.Cursor) (roster.Cursor, error) {
	if after == "" && q.Initial {
		return "", nil
	}
	ctx, cancel := context.WithTimeout(ctx, roster.CursorWait+roster.RequestDeadline)
	defer cancel()
	probe := roster.Query{Limit: 1, AnyHealth: true}
	if after != "" {
		probe.Read = roster.Read{Level: roster.ReadFresh, After: roster.Token(after)}
	}
	page, err := c.api.service.Find(ctx, probe)
	if err != nil || after != "" {
		return after, err
	}
	c.Header().Set("Roster-Token", string(page.Token))
	return roster.Cursor(page.Token), nil
}

// news is one thing that a watch yielded.
type news struct {
	event roster.Event
	err   error
}

// follow runs the service's watch until ctx ends or it ends by itself, and closes
// the channel then.
func (c *call) follow(ctx context.Context, q roster.Query, after roster.Cursor) <-chan news {
	out := make(chan news, watchQueueMax)
	tell := func(n news) bool {
		select {
		case out <- n:
			return true
		case <-ctx.Done():
			return false
		}
	}
	go func() {
		defer close(out)
		defer func() { // a goroutine's panic would end the process
			if fault := recover(); fault != nil {
				c.api.meter.Panics.Inc()
				tell(news{err: fmt.Errorf("panic in a watch: %v", fault)})
			}
		}()
		for event, err := range c.api.service.Watch(ctx, q, after) {
			if !tell(news{event, err}) || err != nil {
				return
			}
		}
	}()
	return out
}

// relay sends news as events. An error that comes first, or soon, is still a status.
func (c *call) relay(ctx context.Context, from <-chan news, initial bool) error {
	var pending []news
	early := time.NewTimer(c.api.firstWait)
	defer early.Stop()
	select {
	case first, ok := <-from:
		if !ok || first.err != nil {
			return first.err
		}
		pending = append(pending, first)
	case <-early.C:
	case <-ctx.Done():
		return nil
	}
	s, err := sse.Open(c)
	if err != nil {
		return nil // the reader left
	}
	r := relay{call: c, stream: s, from: from, initial: initial}
	gap := time.NewTicker(c.api.watchGap)
	defer gap.Stop()
	for err == nil {
		if err = c.stillIn(); err != nil {
			c.endStream(s, err)
			break
		}
		if err = r.send(pending); err != nil {
			break
		}
		pending = nil
		select {
		case n, ok := <-from:
			if !ok {
				return nil
			}
			pending = append(pending, n)
		case <-gap.C:
			err = s.Comment()
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}

// relay is a watch on its way to one reader.
type relay struct {
	call    *call
	stream  *sse.Stream
	from    <-chan news
	initial bool // initial matches are still coming: their events bear no id
	buf     []byte
}

// errEnded says that the stream has been told its end.
var errEnded = errors.New("the watch has ended")

// send writes what is pending and what else is already there, with one flush.
func (r *relay) send(pending []news) error {
	if len(pending) == 0 {
		return nil
	}
	r.buf = r.buf[:0]
	n := pending[0]
	for range watchQueueMax {
		if n.err != nil {
			break
		}
		r.append(n.event)
		var more bool
		if n, more = r.next(); !more {
			return r.stream.Send(r.buf)
		}
	}
	if n.err == nil {
		r.append(n.event)
		return r.stream.Send(r.buf)
	}
	if len(r.buf) > 0 && r.stream.Send(r.buf) != nil {
		return errEnded
	}
	r.call.endStream(r.stream, n.err)
	return errEnded
}

// next returns what is there without waiting.
func (r *relay) next() (news, bool) {
	select {
	case n, ok := <-r.from:
		return n, ok
	default:
		return news{}, false
	}
}

func (r *relay) append(e roster.Event) {
	if e.Type == roster.EventSynced {
		r.initial = false
	}
	if e.Cursor != "" && !r.initial {
		r.buf = append(append(append(r.buf, "id: "...), e.Cursor...), '\n')
	}
	r.buf = append(append(append(r.buf, "event: "...), e.Type...), "\ndata: "...)
	r.buf = append(wire.AppendEvent(r.buf, e), "\n\n"...)
}
