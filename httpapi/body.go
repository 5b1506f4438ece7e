package httpapi

import (
	"bytes"
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
	"roster/httpapi/wire"
)

// decoded reads the body of a request as what decode makes of it.
func decoded[T any](c *call, decode func(wire.Value) (T, error)) (T, error) {
	var none T
	if err := c.checkBody(); err != nil {
		return none, err
	}
	raw, err := c.readBody()
	if err != nil {
		return none, err
	}
	body, err := wire.Parse(raw)
	if err != nil {
		return none, err
	}
	return decode(body)
}

// noBody refuses a body where none is taken: who sends one expects it to matter.
func (c *call) noBody() error {
	if c.r.ContentLength != 0 {
		return roster.Invalid("", "this route takes no body")
	}
	return nil
}

// checkBody judges the headers, so that nothing is read in vain.
func (c *call) checkBody() error {
	if len(c.r.Header["Content-Encoding"]) > 0 {
		return guard.WithStatus(http.StatusUnsupportedMediaType, roster.Invalid("Content-Encoding", "send the body plain"))
	}
	if !c.acceptsType(c.r.Header["Content-Type"]) {
		return guard.WithStatus(http.StatusUnsupportedMediaType, roster.Invalid("Content-Type", "want %s", strings.Join(c.Body.Types(), " or ")))
	}
	if c.r.ContentLength > c.Body.BytesMax() {
		return c.tooLarge()
	}
	return nil
}

func (c *call) acceptsType(values []string) bool {
	if len(values) != 1 {
		return false
	}
	if slices.Contains(c.Body.Types(), values[0]) {
		return true
	}
	media, parameters, err := mime.ParseMediaType(values[0])
	charset, named := parameters["charset"]
	return err == nil && slices.Contains(c.Body.Types(), media) && (!named || strings.EqualFold(charset, "utf-8"))
}

func (c *call) tooLarge() error {
	return roster.Errorf(roster.CodeTooLarge, "the body has more than %d bytes", c.Body.BytesMax())
}

// readBody reads at most what the route takes, for at most bodyReadMax. The time is
// taken off again because net/http keeps reading to notice that the client left.
func (c *call) readBody() ([]byte, error) {
	control := http.NewResponseController(c.ResponseWriter)
	if control.SetReadDeadline(time.Now().Add(bodyReadMax)) == nil {
		defer func() { _ = control.SetReadDeadline(time.Time{}) }()
	}
	var raw bytes.Buffer
	if c.r.ContentLength > 0 {
		raw.Grow(int(c.r.ContentLength) + bytes.MinRead)
	}
	_, err := io.Copy(&raw, http.MaxBytesReader(c.ResponseWriter, c.r.Body, c.Body.BytesMax()))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, c.tooLarge()
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, guard.WithStatus(http.StatusRequestTimeout, roster.Invalid("", "the body did not come within %v", bodyReadMax))
	}
	if err != nil {
		return nil, roster.Invalid("", "the body ends before its announced length")
	}
	return raw.Bytes(), nil
}
