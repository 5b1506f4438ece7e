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
	"roster/httpapi/wire"
)

// body reads and checks the body of a request.
func (c *call) body() (wire.Value, error) {
	if err := c.checkBody(); err != nil {
		return wire.Value{}, err
	}
	raw, err := c.readBody()
	if err != nil {
		return wire.Value{}, err
	}
	return wire.Parse(raw)
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
		return withStatus(http.StatusUnsupportedMediaType, roster.Invalid("Content-Encoding", "send the body plain"))
	}
	if !c.acceptsType(c.r.Header["Content-Type"]) {
		return withStatus(http.StatusUnsupportedMediaType, roster.Invalid("Content-Type", "want %s", strings.Join(c.takesBody.types(), " or ")))
	}
	if c.r.ContentLength > c.takesBody.bytesMax() {
		return c.tooLarge()
	}
	return nil
}

func (c *call) acceptsType(values []string) bool {
	if len(values) != 1 {
		return false
	}
	if slices.Contains(c.takesBody.types(), values[0]) {
		return true
	}
	media, parameters, err := mime.ParseMediaType(values[0])
	charset, named := parameters["charset"]
	return err == nil && slices.Contains(c.takesBody.types(), media) && (!named || strings.EqualFold(charset, "utf-8"))
}

func (c *call) tooLarge() error {
	return roster.Errorf(roster.CodeTooLarge, "the body has more than %d bytes", c.takesBody.bytesMax())
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
	_, err := io.Copy(&raw, http.MaxBytesReader(c.ResponseWriter, c.r.Body, c.takesBody.bytesMax()))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, c.tooLarge()
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, withStatus(http.StatusRequestTimeout, roster.Invalid("", "the body did not come within %v", bodyReadMax))
	}
	if err != nil {
		return nil, roster.Invalid("", "the body ends before its announced length")
	}
	return raw.Bytes(), nil
}
