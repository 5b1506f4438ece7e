package client

import (
	"encoding/json"
	"mime"
	"net/http"
	"strconv"
	"time"

	"roster"
	"roster/client/trust"
)

// problem is the body of every answer of 400 or more.
type problem struct {
	Status   int            `json:"status"`
	Detail   string         `json:"detail"`
	Code     roster.Code    `json:"code"`
	Shard    roster.ShardID `json:"shard"`
	Index    roster.Index   `json:"index"`
	Field    string         `json:"field"`
	Position int            `json:"position"`
}

// asError returns the refusal that p describes.
func (p problem) asError() *roster.Error {
	e := &roster.Error{Code: p.Code, Detail: p.Detail, Field: p.Field, Position: p.Position, Shard: p.Shard, Index: p.Index}
	if p.Status != p.Code.HTTPStatus() {
		e.Status = p.Status
	}
	return e
}

// faultOf classifies an answer that is not a success.
func faultOf(base string, a answer) *fault {
	var p problem
	if isJSON(a.header) && json.Unmarshal(a.body, &p) == nil && p.Code.Known() {
		e := p.asError()
		e.RetryAfter = retryAfter(a.header)
		return &fault{err: e, fate: fateOf(e.Code), elsewhere: e.Code != roster.CodeOverloaded}
	}
	return foreign(base, a)
}

// fateOf says what a node's own verdict means for the request.
func fateOf(code roster.Code) fate {
	switch code {
	case roster.CodeUnavailable, roster.CodeOverloaded, roster.CodeMoved:
		return untouched
	case roster.CodeUnknown:
		return unsure
	}
	return decided
}

// foreign explains an answer that no node gave: a proxy's, or another server's.
// A gateway's 502, 503 or 504 may hide a request that reached a node.
func foreign(base string, a answer) *fault {
	if e := trust.Wanted(base, a.status, a.body); e != nil {
		return &fault{err: e, fate: decided}
	}
	kind := a.header.Get("Content-Type")
	if kind == "" {
		kind = "no content type"
	}
	e := roster.Errorf(roster.CodeInternal, "%s answered %d (%s), which is not the Roster API: check the address", base, a.status, kind)
	switch a.status {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		e.Code = roster.CodeUnavailable
		e.RetryAfter = retryAfter(a.header)
		return &fault{err: e, fate: unsure, elsewhere: true}
	}
	return &fault{err: e, fate: decided}
}

func isJSON(h http.Header) bool {
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	return err == nil && (kind == "application/json" || kind == "application/problem+json")
}

// retryAfter reads the seconds of Retry-After; 0 when there are none.
func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(min(seconds, 3600)) * time.Second
}
