package wire

import (
	"bufio"
	"context"
	"net"
	"runtime"
	"time"
)

const (
	// BufferBytes is the size of the read and of the write buffer of a connection.
	BufferBytes = 64 << 10
	// WriteTimeout is how long one batch of frames may take to leave.
	WriteTimeout = 5 * time.Second
)

// Writer sends frames of type F on one connection. Frames that are queued together
// leave together: it flushes only when nothing more is waiting.
type Writer[F any] struct {
	conn   net.Conn
	buf    *bufio.Writer
	queue  <-chan F
	encode func(*bufio.Writer, F) error
}

// NewWriter returns a writer of what comes through queue. encode writes one frame; it
// may write nothing for a frame that is not worth it any more.
func NewWriter[F any](conn net.Conn, queue <-chan F, encode func(*bufio.Writer, F) error) *Writer[F] {
	return &Writer[F]{conn: conn, buf: bufio.NewWriterSize(conn, BufferBytes), queue: queue, encode: encode}
}

// Run writes until ctx ends or the connection fails, and returns why. onTick is
// called every so often and may name one more frame to send, or an error to end with;
// nil needs no ticks.
func (w *Writer[F]) Run(ctx context.Context, every time.Duration, onTick func() (F, bool, error)) error {
	var ticks <-chan time.Time
	if onTick != nil {
		ticker := time.NewTicker(every)
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
func (w *Writer[F]) batch(f F) error {
	if err := w.conn.SetWriteDeadline(time.Now().Add(WriteTimeout)); err != nil {
		return err
	}
	err := w.encode(w.buf, f)
	for yielded := false; err == nil; {
		select {
		case f := <-w.queue:
			err = w.encode(w.buf, f)
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
