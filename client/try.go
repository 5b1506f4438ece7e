package client

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"time"

	"roster"
	"roster/client/trust"
)

const (
	dialMax = 2 * time.Second
	// answerGrace is how much longer than a node's own deadline the client listens,
	// so that the node's verdict arrives instead of the client's guess.
	answerGrace = 500 * time.Millisecond
	attemptMax  = roster.RequestDeadline + answerGrace
)

// fate is what is known of a request after a failed attempt.
type fate int

const (
	decided   fate = iota // answered for good: no retry changes it
	untouched             // certainly not executed
	unsure                // may have been executed
)

// fault is one failed attempt.
type fault struct {
	err       *roster.Error
	fate      fate
	elsewhere bool // another address may do better
	unmet     bool // nobody was there to take the request
}

// policy says how an operation may be tried.
type policy struct {
	write  bool          // may change something, so that an unsure end is Unknown
	once   bool          // not to be repeated unless it is certain that it was not executed
	pinned bool          // meant for the first address alone
	giveUp time.Duration // how long it is tried although ctx allows more; 0: Config.RetryFor
	what   string        // for the log
}

// trial is one operation being tried until it is decided or time is up.
type trial struct {
	*Client
	policy
	began  time.Time
	tried  int           // attempts since the last pause
	took   time.Duration // the newest attempt
	pauses int           // how often it paused
	met    bool          // somebody took one of the attempts
	doubt  *fault        // the first after which the write may have been executed
}

// try runs attempt against one address after the other until it succeeds or is
// decided, pausing after each round of addresses, until ctx ends.
func (c *Client) try(ctx context.Context, p policy, attempt func(ctx context.Context, base string) *fault) error {
	t := &trial{Client: c, policy: p, began: time.Now()}
	for {
		base := t.Address()
		if t.pinned {
			base = t.bases[0]
		}
		start := time.Now()
		f := attempt(ctx, base)
		t.took = time.Since(start)
		if f == nil {
			return nil
		}
		if t.final(f) || !t.again(ctx, base, f) {
			return t.verdict(ctx, f)
		}
	}
}

// bound gives a call the deadline that it must end by.
func (c *Client) bound(ctx context.Context, more time.Duration) (context.Context, context.CancelFunc) {
	if _, has := ctx.Deadline(); has {
		return context.WithTimeout(ctx, c.config.RetryFor+more)
	}
	return context.WithTimeout(ctx, min(attemptMax, c.config.RetryFor)+more)
}

// final reports whether f ends the trial, and remembers it.
func (t *trial) final(f *fault) bool {
	t.met = t.met || !f.unmet
	if f.fate == unsure && t.doubt == nil {
		t.doubt = f
	}
	return f.fate == decided || (f.fate == unsure && t.once)
}

// again prepares the next attempt and reports whether there is time for one.
func (t *trial) again(ctx context.Context, base string, f *fault) bool {
	if ctx.Err() != nil || time.Since(t.began) > t.patience() {
		return false
	}
	t.log.DebugContext(ctx, "try again", "what", t.what, "address", base, "err", f.err)
	t.tried++
	if f.elsewhere && !t.pinned {
		t.leave(base)
		if t.tried < len(t.bases) {
			return true
		}
	}
	t.tried = 0
	return t.pause(ctx, max(f.err.RetryAfter, t.backoff()))
}

// patience is how long the trial goes on.
func (t *trial) patience() time.Duration {
	if t.config.ConnectFor != 0 && !t.met {
		return t.config.ConnectFor
	}
	if t.giveUp != 0 {
		return min(t.giveUp, t.config.RetryFor)
	}
	return t.config.RetryFor
}

// backoff returns the next pause: doubling, and jittered by half so that clients
// that failed together do not come back together.
func (t *trial) backoff() time.Duration {
	d := t.config.RetryMin << min(t.pauses, 16)
	d = min(d, t.config.RetryMax)
	t.pauses++
	return d/2 + rand.N(d/2+1)
}

// pause waits, or reports at once that ctx would end before the wait does: an
// answer now is worth more to the caller than the same answer later.
func (t *trial) pause(ctx context.Context, d time.Duration) bool {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= d+t.reserve() {
		return false
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// reserve is the time that the next attempt needs. A write that is certainly not
// executed so far is not sent again when there is less: cut off, it would turn the
// certainty into doubt.
func (t *trial) reserve() time.Duration {
	if !t.write || t.doubt != nil {
		return 0
	}
	return min(2*t.took, time.Second) + 10*time.Millisecond
}

// verdict returns the error that the caller gets. A write that may have been
// executed in any attempt stays Unknown unless an attempt was decided.
func (t *trial) verdict(ctx context.Context, f *fault) error {
	if f.fate == decided {
		return f.err
	}
	e := *f.err
	if t.write && t.doubt != nil {
		e = *t.doubt.err
		e.Code, e.Status = roster.CodeUnknown, 0
	}
	if cause := context.Cause(ctx); cause != nil && e.Cause == nil && errors.Is(cause, context.Canceled) {
		e.Cause = cause
	}
	return &e
}

// unreached classifies an error of the HTTP client itself. Only a failed dial is
// certain to have left the request behind.
func (c *Client) unreached(base string, err error) *fault {
	if e := trust.Explain(base, err); e != nil {
		if e.Code == roster.CodeInvalid {
			return &fault{err: e, fate: decided}
		}
		e.Cause = plain(e.Cause)
		return &fault{err: e, fate: untouched, elsewhere: true, unmet: true}
	}
	if dial, ok := errors.AsType[*net.OpError](err); ok && dial.Op == "dial" {
		return &fault{err: c.unavailable(base, dial.Err), fate: untouched, elsewhere: true, unmet: true}
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return &fault{err: c.unavailable(base, err), fate: untouched, elsewhere: true, unmet: true}
	}
	e := roster.Errorf(roster.CodeUnavailable, "%s broke off before it answered", base)
	if c.config.dialer.Asked() {
		e.Detail += "; it asks for a client's certificate: " + trust.Remedy
	}
	e.Cause = plain(err)
	return &fault{err: e, fate: unsure, elsewhere: true}
}

// unavailable says which nodes could not be reached and what to do about it.
func (c *Client) unavailable(base string, cause error) *roster.Error {
	where := base
	if len(c.bases) > 1 {
		where = fmt.Sprintf("%s (of %s)", base, strings.Join(c.bases, ", "))
	}
	e := roster.Errorf(roster.CodeUnavailable, "cannot connect to %s: is a node running there?", where)
	e.Cause = plain(cause)
	return e
}

// plain strips the wrapper in which net/http repeats method and URL.
func plain(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			break
		}
		err = inner
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return context.DeadlineExceeded
	case errors.Is(err, context.Canceled):
		return context.Canceled
	}
	return err
}
