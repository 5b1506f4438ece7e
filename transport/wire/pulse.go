package wire

import (
	"errors"
	"sync/atomic"
)

const (
	// SilenceTicksMax is how many ticks may pass without a frame, while somebody waits
	// for an answer, until a connection is given up. TCP alone would take a quarter of an
	// hour to notice that the other machine is gone.
	SilenceTicksMax = 4
	// IdleTicksMax is how many ticks may pass without a request until a connection that
	// nobody uses is closed.
	IdleTicksMax = 120
)

// The reasons to end a connection.
var (
	ErrSilent = errors.New("the peer has fallen silent")
	ErrIdle   = errors.New("nothing was asked for a long time")
)

// Pulse is what a connection's asking side knows of the other end's life. The zero value
// is the beginning.
type Pulse struct {
	heard       atomic.Bool // since the last tick
	quiet, idle int         // ticks in a row: Tick's alone
}

// Heard notes a frame.
func (p *Pulse) Heard() { p.heard.Store(true) }

// Tick is called at regular times, by one goroutine: waiting says that a request has no
// answer yet. It reports whether to ask for a sign of life, or why to give up.
func (p *Pulse) Tick(waiting bool) (ping bool, err error) {
	heard := p.heard.Swap(false)
	p.quiet, p.idle = p.quiet+1, p.idle+1
	if heard || !waiting {
		p.quiet = 0
	}
	if heard || waiting {
		p.idle = 0
	}
	switch {
	case p.quiet >= SilenceTicksMax:
		return false, ErrSilent
	case p.idle >= IdleTicksMax:
		return false, ErrIdle
	}
	return p.quiet > 0, nil
}
