package probe

import (
	"context"
	"net"
	"net/http"
	"time"

	"roster/fleet"
)

const (
	// AtOnceMax bounds the probes that are under way at a time, unless told otherwise. More
	// wait for their turn; how long they waited does not count as theirs.
	AtOnceMax = 512
	// soonWithin is within which time those are first probed for which something waits.
	soonWithin = time.Second
)

// Config says what a Prober works with; the zero value will do.
type Config struct {
	// AtOnceMax bounds the probes at a time; 0 is AtOnceMax.
	AtOnceMax int
	// Dial connects to host:port; nil uses the operating system's network.
	Dial func(ctx context.Context, address string) (net.Conn, error)
}

// Prober probes the members of one node. Make one with New. It is safe for concurrent use.
type Prober struct {
	client *http.Client
	dial   func(ctx context.Context, address string) (net.Conn, error)
	slots  chan struct{}
	began  time.Time // turns are counted from here
}

// New returns a Prober that probes nothing yet. It has nothing to be closed.
func New(c Config) *Prober {
	if c.AtOnceMax == 0 {
		c.AtOnceMax = AtOnceMax
	}
	if c.Dial == nil {
		c.Dial = func(ctx context.Context, address string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "tcp", address)
		}
	}
	return &Prober{client: browser(c.Dial), dial: c.Dial, slots: make(chan struct{}, c.AtOnceMax), began: time.Now()}
}

// Keep probes a target again and again until ctx ends, and then returns nil; or until heard,
// which hears each outcome, returns an error, which is returned.
func (p *Prober) Keep(ctx context.Context, t Target, heard func(Outcome) error) error {
	failures := 0
	for rest := p.first(&t); rested(ctx, rest); {
		begun := time.Now()
		o, ok := p.once(ctx, &t)
		if !ok {
			return nil
		}
		if failures++; !o.Failed {
			failures = 0
		}
		if err := heard(o); err != nil {
			return err
		}
		rest = p.turn(&t, 0)
		if 0 < failures && failures < t.Probe.Failures { // make sure of it soon
			rest = min(rest, max(0, time.Duration(t.Probe.Every)/2-time.Since(begun)))
		}
	}
	return nil
}

// once probes a target when there is a slot; not ok: ctx has ended.
func (p *Prober) once(ctx context.Context, t *Target) (o Outcome, ok bool) {
	if t.Probe.Kind == fleet.ProbeBeat {
		return listen(t, time.Now()), true
	}
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return o, false
	}
	defer func() { <-p.slots }()
	within, cancel := context.WithTimeout(ctx, time.Duration(t.Probe.Timeout))
	defer cancel()
	o = p.knock(within, t)
	return o, ctx.Err() == nil
}

// rested waits; false when ctx ends first.
func rested(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
