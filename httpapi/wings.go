package httpapi

import (
	"net/http"
	"time"

	"roster"
	"roster/httpapi/body"
	"roster/httpapi/wing"
	"roster/httpapi/wire"
	"roster/mailbox"
)

// wing serves a route of package wing.
func (c *call) wing(serve wing.Handler) error {
	read, err := c.read()
	if err != nil {
		return err
	}
	ctx := c.r.Context()
	if c.Method != http.MethodGet {
		if ctx, err = c.writeContext(); err != nil {
			return err
		}
	}
	if c.Stream { // it may wait longer than other answers may take
		_ = http.NewResponseController(c).SetWriteDeadline(time.Now().Add(mailbox.WaitMax + 2*roster.RequestDeadline)) // else there is none to put off
	}
	whole := func(v wire.Value) (wire.Value, error) { return v, nil }
	a, err := serve(wing.Services{Service: c.api.service, Fleets: c.api.fleets, Mail: c.api.mail}, wing.Request{Context: ctx, Call: c.r, Query: c.query, Read: read,
		Body: func() (wire.Value, error) { return decoded(c, whole) }, NoBody: func() error { return body.None(c.r) }})
	if a.Stamp.Index != 0 {
		if err := c.written(a.Stamp); err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	if a.ETag != 0 {
		c.head("Etag", wire.ETag(a.ETag))
	}
	if a.Private {
		c.head("Cache-Control", "no-store")
	}
	if a.Body == nil {
		c.WriteHeader(a.Status)
		return nil
	}
	return c.answer(max(a.Status, http.StatusOK), a.Body)
}
