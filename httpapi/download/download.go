package download

import (
	"errors"
	"net/http"
	"time"
)

// WriteMax is how long a reader may take nothing before it is cut.
const WriteMax = 30 * time.Second

// Writer is a body on its way. Make one with New.
type Writer struct {
	w       http.ResponseWriter
	control *http.ResponseController
	media   string
	begun   bool
}

// New returns a body of a media type. Nothing is sent before the first Write, so that an
// error may still become an answer of its own.
func New(w http.ResponseWriter, media string) *Writer {
	return &Writer{w: w, control: http.NewResponseController(w), media: media}
}

// Begun reports whether some of the body may have been sent.
func (d *Writer) Begun() bool { return d.begun }

// Write sends b, or reports that the reader is gone or stands still. The connection's read
// deadline is lifted: net/http reads on to notice that the reader left.
func (d *Writer) Write(b []byte) (int, error) {
	if err := supported(d.control.SetWriteDeadline(time.Now().Add(WriteMax))); err != nil {
		return 0, err
	}
	if d.begun {
		return d.w.Write(b)
	}
	d.begun = true
	if err := supported(d.control.SetReadDeadline(time.Time{})); err != nil {
		return 0, err
	}
	d.w.Header().Set("Content-Type", d.media)
	d.w.Header().Set("Cache-Control", "no-store")
	n, err := d.w.Write(b)
	return n, errors.Join(err, supported(d.control.Flush()))
}

// supported forgives writers without deadlines, which tests use.
func supported(err error) error {
	if errors.Is(err, http.ErrNotSupported) {
		return nil
	}
	return err
}
