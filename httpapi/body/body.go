package body

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"roster"
	"roster/httpapi/guard"
	"roster/httpapi/table"
)

// readMax is how long a body may take to come.
const readMax = roster.RequestDeadline

// Read returns the body of r, which must be of a kind.
func Read(w http.ResponseWriter, r *http.Request, kind table.Body) ([]byte, error) {
	if err := check(r, kind); err != nil {
		return nil, err
	}
	return read(w, r, kind)
}

// None refuses a body where none is taken: who sends one expects it to matter.
func None(r *http.Request) error {
	if r.ContentLength != 0 {
		return roster.Invalid("", "this route takes no body")
	}
	return nil
}

// check judges the headers, so that nothing is read in vain.
func check(r *http.Request, kind table.Body) error {
	if len(r.Header["Content-Encoding"]) > 0 {
		return guard.WithStatus(http.StatusUnsupportedMediaType, roster.Invalid("Content-Encoding", "send the body plain"))
	}
	if !accepted(r.Header["Content-Type"], kind.Types()) {
		return guard.WithStatus(http.StatusUnsupportedMediaType, roster.Invalid("Content-Type", "want %s", strings.Join(kind.Types(), " or ")))
	}
	if r.ContentLength > kind.BytesMax() {
		return tooLarge(kind)
	}
	return nil
}

func accepted(values, types []string) bool {
	if len(values) != 1 {
		return false
	}
	if slices.Contains(types, values[0]) {
		return true
	}
	media, parameters, err := mime.ParseMediaType(values[0])
	charset, named := parameters["charset"]
	return err == nil && slices.Contains(types, media) && (!named || strings.EqualFold(charset, "utf-8"))
}

func tooLarge(kind table.Body) error {
	return roster.Errorf(roster.CodeTooLarge, "the body has more than %d bytes", kind.BytesMax())
}

// read reads at most what the kind may have, for at most readMax. The time is taken off
// again because net/http keeps reading to notice that the client left; but not where the
// body did not come, whose rest net/http would wait for, a byte a second, for ever.
func read(w http.ResponseWriter, r *http.Request, kind table.Body) ([]byte, error) {
	control := http.NewResponseController(w)
	timed := control.SetReadDeadline(time.Now().Add(readMax)) == nil
	raw, err := all(w, r, kind)
	if timed && err == nil {
		_ = control.SetReadDeadline(time.Time{}) // it could be set before
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, tooLarge(kind)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, guard.WithStatus(http.StatusRequestTimeout, roster.Invalid("", "the body did not come within %v", readMax))
	}
	if err != nil {
		return nil, roster.Invalid("", "the body ends before its announced length")
	}
	return raw, nil
}

// all reads the body to its end. One whose length was announced, and judged before,
// takes a buffer of that length; the server sees to it that no more comes.
func all(w http.ResponseWriter, r *http.Request, kind table.Body) ([]byte, error) {
	if n := r.ContentLength; n >= 0 {
		raw := make([]byte, n)
		_, err := io.ReadFull(r.Body, raw)
		return raw, err
	}
	return io.ReadAll(http.MaxBytesReader(w, r.Body, kind.BytesMax()))
}
