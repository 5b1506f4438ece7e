package processes

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// dripping are connections that send a byte a second, or nothing at all, until the other
// side ends them.
type dripping struct {
	all    sync.WaitGroup
	living atomic.Int64
	latest atomic.Int64 // how long the last one lived that was ended, in nanoseconds
}

// drip opens so many connections, which begin with a text, and then send a byte a second or
// nothing.
func (m *member) drip(connections int, begin string, more bool) *dripping {
	m.Helper()
	d := &dripping{}
	ctx, cancel := context.WithCancel(m.ctx)
	m.Cleanup(func() { cancel(); d.all.Wait() })
	for range connections {
		conn, err := net.DialTimeout("tcp", m.http, readyWithin)
		if err != nil {
			m.Fatal(err)
		}
		d.living.Add(1)
		d.all.Go(func() { d.live(ctx, conn, begin, more) })
	}
	return d
}

func (d *dripping) live(ctx context.Context, conn net.Conn, begin string, more bool) {
	defer conn.Close()
	start := time.Now()
	_, err := conn.Write([]byte(begin))
	for buffer := make([]byte, 1024); err == nil && ctx.Err() == nil; {
		_ = conn.SetReadDeadline(time.Now().Add(time.Second)) // a second between two bytes
		if _, err = conn.Read(buffer); errors.Is(err, os.ErrDeadlineExceeded) {
			if err = nil; more {
				_, err = conn.Write([]byte(" "))
			}
		}
	}
	if ctx.Err() == nil {
		d.living.Add(-1)
		d.latest.Store(max(d.latest.Load(), int64(time.Since(start))))
	}
}

// open returns how many have not been ended.
func (d *dripping) open() int { return int(d.living.Load()) }

// closed waits until all have been ended, and returns how long the last one lived.
func (d *dripping) closed(s *site, within time.Duration) time.Duration {
	s.Helper()
	s.until(within, "slow connections are cut off", func() error {
		if n := d.open(); n > 0 {
			return fmt.Errorf("%d live", n)
		}
		return nil
	})
	return time.Duration(d.latest.Load())
}
