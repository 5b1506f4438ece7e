package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"roster"
	"roster/acting"
	"roster/client/params"
	"roster/client/problem"
)

// answerBytesMax bounds what is read of one answer: a page of the longest agents.
const answerBytesMax = (roster.ListLimitMax + 100) * (roster.AgentBytesMax + 4096)

// call is one request to the API.
type call struct {
	policy
	method  string
	path    string
	query   url.Values
	body    []byte         // sent as JSON; nil: none
	fault   error          // why there is no body to send
	request roster.Request // sent when it is not zero
	ifMatch roster.Index   // sent when it is not zero
	wait    time.Duration  // how much longer than others it may take
	kind    string         // content type of body; "": application/json
	accept  func(status int) bool
}

// answer is a whole answer.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// withBody returns r with v as its body.
func withBody[T any](r call, v T) call {
	body, err := json.Marshal(v)
	if err != nil {
		r.fault = roster.Invalid("body", "cannot be written as JSON: %v", err)
	}
	r.body = body
	return r
}

// send carries out r and returns what its answer holds.
func send[T any](ctx context.Context, c *Client, r call) (T, roster.Stamp, error) {
	var value T
	stamp, err := c.exchange(ctx, r, func(body []byte) error { return json.Unmarshal(body, &value) })
	return value, stamp, err
}

// exchange carries out r and hands the body of its answer to read, if there is one.
func (c *Client) exchange(ctx context.Context, r call, read func(body []byte) error) (roster.Stamp, error) {
	if r.fault != nil {
		return roster.Stamp{}, r.fault
	}
	ctx, cancel := c.bound(ctx, r.wait)
	defer cancel()
	var last answer
	err := c.try(ctx, r.policy, func(ctx context.Context, base string) *fault {
		var f *fault
		last, f = c.attempt(ctx, base, r)
		if f == nil && read != nil {
			f = decode(base, last, read)
		}
		return f
	})
	return params.StampOf(last.header), err
}

// attempt sends r once and reads the whole answer.
func (c *Client) attempt(ctx context.Context, base string, r call) (answer, *fault) {
	ctx, cancel := context.WithTimeout(ctx, attemptMax+r.wait)
	defer cancel()
	response, f := c.roundTrip(ctx, base, r)
	if f != nil {
		return answer{}, f
	}
	defer response.Body.Close()
	a, f := c.drain(base, response)
	if f != nil {
		return a, f
	}
	if !r.accepts(a.status) {
		return a, faultOf(base, a)
	}
	return a, nil
}

func (r call) accepts(status int) bool {
	if r.accept != nil {
		return r.accept(status)
	}
	return status >= 200 && status < 300
}

// roundTrip sends r and returns the answer as soon as its header is there.
func (c *Client) roundTrip(ctx context.Context, base string, r call) (*http.Response, *fault) {
	target := base + r.path
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	request, err := http.NewRequestWithContext(ctx, r.method, target, bytes.NewReader(r.body))
	if err != nil {
		return nil, &fault{err: roster.Invalid("address", "%v", err)}
	}
	r.setHeader(request.Header, c.config.UserAgent)
	if claim, claims := acting.From(ctx); claims {
		claim.SetHeader(request.Header)
	}
	if c.config.Token != "" {
		request.Header.Set("Authorization", "Bearer "+c.config.Token)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, c.unreached(base, err)
	}
	return response, nil
}

func (r call) setHeader(h http.Header, agent string) {
	h.Set("Accept", "application/json")
	h.Set("User-Agent", agent)
	if r.body != nil {
		h.Set("Content-Type", "application/json")
	}
	if r.kind != "" {
		h.Set("Content-Type", r.kind)
	}
	if r.request != (roster.Request{}) {
		h.Set("Roster-Request", fmt.Sprintf("%016x/%d/%d", r.request.Client, r.request.Seq, r.request.Done))
	}
	if r.ifMatch != 0 {
		h.Set("If-Match", fmt.Sprintf("%q", fmt.Sprint(r.ifMatch)))
	}
}

// drain reads a whole answer.
func (c *Client) drain(base string, response *http.Response) (answer, *fault) {
	a := answer{status: response.StatusCode, header: response.Header}
	var b bytes.Buffer
	if n := response.ContentLength; n > 0 && n <= answerBytesMax {
		b.Grow(int(n) + bytes.MinRead) // one allocation, and room for ReadFrom to see the end
	}
	_, err := b.ReadFrom(io.LimitReader(response.Body, answerBytesMax+1))
	if err != nil {
		return a, c.unreached(base, err)
	}
	if b.Len() > answerBytesMax {
		return a, &fault{err: roster.Errorf(roster.CodeTooLarge, "%s answered more than %d bytes: ask for fewer agents at a time", base, answerBytesMax)}
	}
	a.body = b.Bytes()
	return a, nil
}

// decode reads the body of a success. read may find in it an error that the answer
// as a whole does not show.
func decode(base string, a answer, read func(body []byte) error) *fault {
	if !problem.IsJSON(a.header) {
		return foreign(base, a)
	}
	err := read(a.body)
	if refusal, ok := err.(*roster.Error); ok {
		return &fault{err: refusal, fate: fateOf(refusal.Code), elsewhere: refusal.Code != roster.CodeOverloaded}
	}
	if err != nil {
		e := roster.Errorf(roster.CodeInternal, "cannot read the answer of %s: is it of another version?", base)
		e.Cause = err
		return &fault{err: e}
	}
	return nil
}

// stream opens an answer that does not end. The caller closes its body; silence
// says that the connection is dead.
func (c *Client) stream(ctx context.Context, r call) (*http.Response, error) {
	var open *http.Response
	err := c.try(ctx, r.policy, func(ctx context.Context, base string) *fault {
		ctx, cancel := context.WithCancelCause(ctx)
		timer := time.AfterFunc(attemptMax, func() { cancel(errSilent) })
		response, f := c.roundTrip(ctx, base, r)
		if f == nil && response.StatusCode != http.StatusOK {
			var a answer
			if a, f = c.drain(base, response); f == nil {
				f = faultOf(base, a)
			}
			_ = response.Body.Close() // read to its end above, or beyond use
		}
		timer.Stop()
		if f != nil {
			cancel(nil)
			return f
		}
		response.Body = &streamBody{ReadCloser: response.Body, cancel: cancel}
		open = response
		return nil
	})
	return open, err
}

// errSilent ends a stream on which not even a comment arrives.
var errSilent = errors.New("no sign of life on the connection")

// streamBody ends the context of its request when it is closed.
type streamBody struct {
	io.ReadCloser
	cancel context.CancelCauseFunc
}

// Close ends the stream.
func (b *streamBody) Close() error {
	b.cancel(nil)
	return b.ReadCloser.Close()
}
