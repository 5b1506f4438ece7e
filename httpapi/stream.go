package httpapi

import (
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"roster"
	"roster/httpapi/wire"
)

// stream is an answer that goes on: server-sent events. Each write has a deadline,
// so that a reader that takes nothing cannot keep a goroutine.
type stream struct {
	call    *call
	control *http.ResponseController
}

// openStream sends the head of a stream and its first comment.
func (c *call) openStream() (*stream, error) {
	s := &stream{call: c, control: http.NewResponseController(c.ResponseWriter)}
	if err := s.control.SetReadDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return nil, err
	}
	c.streamHead()
	c.WriteHeader(http.StatusOK)
	return s, s.send([]byte(": roster\nretry: 1000\n\n"))
}

// streamHead tells proxies to keep nothing back.
func (c *call) streamHead() {
	h := c.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
}

// headOnly answers HEAD, for which a stream is its head.
func (c *call) headOnly() bool {
	if c.r.Method != http.MethodHead {
		return false
	}
	c.streamHead()
	c.WriteHeader(http.StatusOK)
	return true
}

// send writes and flushes, or reports that the reader is gone or too slow.
func (s *stream) send(b []byte) error {
	if err := s.control.SetWriteDeadline(time.Now().Add(streamWriteMax)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := s.call.Write(b); err != nil {
		return err
	}
	return s.control.Flush()
}

// comment keeps the connection and shows the reader that the node lives.
func (s *stream) comment() error { return s.send([]byte(": keep\n\n")) }

// fail ends a stream that stands with an error.
func (s *stream) fail(err error) {
	problem := wire.ProblemOf(s.call.coded(err))
	_ = s.send(append(append([]byte("event: error\ndata: "), problem.Marshal()...), "\n\n"...))
}

// admit counts a stream in, or refuses it; leave counts it out.
func (c *call) admit(running *atomic.Int64, shown prometheus.Gauge, max int) (leave func(), err error) {
	if running.Add(1) > int64(max) {
		running.Add(-1)
		return nil, &roster.Error{Code: roster.CodeOverloaded, RetryAfter: time.Second, Detail: "this node serves as many streams as it may; ask another node"}
	}
	shown.Inc()
	return func() {
		running.Add(-1)
		shown.Dec()
	}, nil
}
