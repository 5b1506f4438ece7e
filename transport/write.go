package transport

import (
	"bufio"
	"net"

	"roster/transport/wire"
)

// newWriter returns what sends the frames of a call connection.
func newWriter(conn net.Conn, queue <-chan frame, m *metrics) *wire.Writer[frame] {
	return wire.NewWriter(conn, queue, func(buf *bufio.Writer, f frame) error { return f.write(buf, m) })
}

func (f *frame) write(buf *bufio.Writer, m *metrics) error {
	if f.call != nil && !f.call.take() {
		return nil // abandoned before it was sent
	}
	if _, err := buf.Write(f.appendHeader(buf.AvailableBuffer())); err != nil {
		return err
	}
	m.framesOut.Inc()
	_, err := buf.Write(f.body)
	return err
}
