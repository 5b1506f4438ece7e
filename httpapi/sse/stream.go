package sse

import (
	"errors"
	"net/http"
	"time"
)

// WriteMax is how long a reader may take nothing before it is cut.
const WriteMax = 10 * time.Second

// Stream is an open stream.
type Stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

// Head writes the header fields of a stream; they tell proxies to keep nothing back.
func Head(h http.Header) {
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
}

// Open sends the head of a stream and its first comment. The connection's read
// deadline is lifted: net/http reads on to notice that the reader left.
func Open(w http.ResponseWriter) (*Stream, error) {
	s := &Stream{w: w, control: http.NewResponseController(w)}
	if err := supported(s.control.SetReadDeadline(time.Time{})); err != nil {
		return nil, err
	}
	Head(w.Header())
	w.WriteHeader(http.StatusOK)
	return s, s.Send([]byte(": roster\nretry: 1000\n\n"))
}

// Send writes and flushes, or reports that the reader is gone or too slow.
func (s *Stream) Send(b []byte) error {
	if err := supported(s.control.SetWriteDeadline(time.Now().Add(WriteMax))); err != nil {
		return err
	}
	if _, err := s.w.Write(b); err != nil {
		return err
	}
	return s.control.Flush()
}

// Comment sends a line that means nothing: it shows both sides that the other lives.
func (s *Stream) Comment() error { return s.Send([]byte(": keep\n\n")) }

// supported forgives writers without deadlines, which tests use.
func supported(err error) error {
	if errors.Is(err, http.ErrNotSupported) {
		return nil
	}
	return err
}
