package transport

import (
	"bufio"
	"context"
	"net"
	"runtime"
	"time"
)

// bufferBytes is the size of the read and the write buffer of a call connection.
const bufferBytes = 64 << 10

// writer sends frames on one connection. Frames that are queued together leave
// together: it flushes only when nothing more is waiting.
type writer struct {
	conn  net.Conn
	buf   *bufio.Writer
	queue <-chan frame
	m     *metrics
	head  []byte
}

func newWriter(conn net.Conn, queue <-chan frame, m *metrics) *writer {
	return &writer{conn: conn, buf: bufio.NewWriterSize(conn, bufferBytes), queue: queue, m: m}
}

// run writes until ctx ends or the connection fails. onTick is called at each tick
// and may name one more frame to send, or an error to end with; nil needs no ticks.
func (w *writer) run(ctx context.Context, onTick func() (frame, bool, error)) error {
	var ticks <-chan time.Time
	if onTick != nil {
		ticker := time.NewTicker(tick)
		defer ticker.Stop()
		ticks = ticker.C
	}
	for {
		select {
		case f := <-w.queue:
			if err := w.batch(f); err != nil {
				return err
			}
		case <-ticks:
			f, send, err := onTick()
			if err != nil {
				return err
			}
			if !send {
				continue
			}
			if err := w.batch(f); err != nil {
				return err
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// batch writes f and whatever else is queued by now.
func (w *writer) batch(f frame) error {
	if err := w.conn.SetWriteDeadline(time.Now().Add(WriteTimeout)); err != nil {
		return err
	}
	err := w.write(f)
	for yielded := false; err == nil; {
		select {
		case f := <-w.queue:
			err = w.write(f)
		default:
			if yielded {
				return w.buf.Flush()
			}
			// Let those who are about to queue a frame do so: one system call less each.
			yielded = true
			runtime.Gosched()
		}
	}
	return err
}

func (w *writer) write(f frame) error {
	if f.call != nil && !f.call.take() {
		return nil // abandoned before it was sent
	}
	w.head = f.appendHeader(w.head[:0])
	if _, err := w.buf.Write(w.head); err != nil {
		return err
	}
	w.m.framesOut.Inc()
	_, err := w.buf.Write(f.body)
	return err
}
