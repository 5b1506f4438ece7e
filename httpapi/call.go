package httpapi

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
	"time"

	"roster"
	"roster/access"
	"roster/httpapi/door"
	"roster/httpapi/entrance"
	"roster/httpapi/meter"
	"roster/httpapi/table"
	"roster/httpapi/wire"
)

// endpoint is a route with its metrics.
type endpoint struct {
	api *api
	table.Route
	serve func(*call) error
	meter *meter.Route
	line  *entrance.Line
}

func (a *api) endpoint(rt table.Route, serve func(*call) error) *endpoint {
	return &endpoint{api: a, Route: rt, serve: serve, meter: a.meter.Route(rt.Name), line: a.entrance.Line(rt.Path, rt.Right.Verb == access.Read, rt.Stream)}
}

// call is one request on its way through a route. It is also the ResponseWriter, so
// that it knows what has been answered.
type call struct {
	http.ResponseWriter
	*endpoint
	r       *http.Request
	query   url.Values
	status  int
	values  [8]string // of headers of the answer, which would be an allocation each
	set     int
	secret  string      // of the caller's token, where one was asked for
	act     string      // names an act in the audit log; "": it is none, or has not begun
	code    roster.Code // of the refusal, if it is one
	place   entrance.Place
	denials uint64 // items of a batch that were denied
}

// ServeHTTP runs the route and turns its error, or its panic, into a problem.
func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{ResponseWriter: w, endpoint: e, r: r, place: entrance.Place{Line: e.line}}
	start := time.Now()
	defer c.keep() // last, and whatever comes
	defer func() {
		if fault := recover(); fault != nil {
			if fault == http.ErrAbortHandler {
				panic(fault)
			}
			c.recovered(fmt.Sprint(fault))
		}
		c.place.Leave()
		e.meter.Answered(c.status, time.Since(start))
	}()
	if err := c.run(); err != nil {
		c.fail(err)
	}
}

// run checks what all routes check and serves the call.
func (c *call) run() error {
	if err := c.enter(); err != nil {
		return err
	}
	if c.Path != "" { // else there is no row to hold the request to
		if err := cmp.Or(c.parseQuery(), c.refuseHeaders()); err != nil {
			return err
		}
	}
	if err := cmp.Or(c.announce(), c.place.Enter(c.Body == table.NoBody)); err != nil { // else when the body is there
		return err
	}
	if c.Stream || c.Lean {
		return c.serve(c)
	}
	ctx, cancel := context.WithTimeout(c.r.Context(), roster.RequestDeadline)
	defer cancel()
	c.r = c.r.WithContext(ctx)
	return c.serve(c)
}

// recovered answers a panic: with a problem, or by cutting the connection when the
// answer has begun. The panic stays in this request.
func (c *call) recovered(fault string) {
	c.api.meter.Panics.Inc()
	c.api.log.Error("panic in a handler", "route", c.Name, "panic", fault, "stack", string(debug.Stack()))
	if c.status != 0 {
		panic(http.ErrAbortHandler)
	}
	c.fail(roster.Errorf(roster.CodeInternal, "the node failed to answer; its log says why"))
}

// fail answers with the problem that tells err.
func (c *call) fail(err error) {
	err = c.coded(err)
	p := wire.ProblemOf(err)
	c.code = p.Code
	if p.Code == roster.CodeInternal {
		c.api.log.Error("request failed", "route", c.Name, "err", err)
	}
	if e, ok := errors.AsType[*roster.Error](err); ok && (p.Status == http.StatusTooManyRequests || p.Status == http.StatusServiceUnavailable) {
		c.Header().Set("Retry-After", strconv.Itoa(max(1, int((e.RetryAfter+time.Second-1)/time.Second))))
	}
	if p.Status == http.StatusUnauthorized {
		door.Challenge(c.Header(), c.r)
	}
	writeProblem(c, p)
}

// coded gives a context's error its code: what it means depends on whether the call
// could have changed something.
func (c *call) coded(err error) error {
	if _, ok := errors.AsType[*roster.Error](err); ok {
		return err
	}
	if !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled) {
		return err
	}
	if c.r.Method == http.MethodGet || c.r.Method == http.MethodHead {
		return roster.Errorf(roster.CodeUnavailable, "no answer in time")
	}
	return roster.Errorf(roster.CodeUnknown, "no answer in time; retry under the same request to learn the outcome")
}

// WriteHeader remembers the status.
func (c *call) WriteHeader(status int) {
	if c.status == 0 {
		c.status = status
	}
	c.ResponseWriter.WriteHeader(status)
}

// Write implies 200, as everywhere.
func (c *call) Write(b []byte) (int, error) {
	if c.status == 0 {
		c.status = http.StatusOK
	}
	return c.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (c *call) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// answer writes a JSON body. That the client is gone is no error of ours.
func (c *call) answer(status int, body []byte) error {
	c.head("Content-Type", "application/json")
	c.head("Content-Length", strconv.Itoa(len(body)))
	c.WriteHeader(status)
	_, _ = c.Write(body)
	return nil
}

// shown answers with what json.Marshal makes of v.
func shown[T any](c *call, status int, v T) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return c.answer(status, body)
}

func writeProblem(w http.ResponseWriter, p wire.Problem) {
	writeBody(w, p.Status, "application/problem+json", p.Marshal())
}

func writeBody(w http.ResponseWriter, status int, contentType string, body []byte) {
	h := w.Header()
	h["Content-Type"] = []string{contentType}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// head sets a header of the answer, whose name is in canonical form.
func (c *call) head(name, value string) {
	if c.set == len(c.values) {
		c.Header()[name] = []string{value}
		return
	}
	at := c.set
	c.set++
	c.values[at] = value
	c.Header()[name] = c.values[at:c.set:c.set]
}
