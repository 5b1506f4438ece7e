package problem

import (
	"encoding/json"
	"mime"
	"net/http"
	"strconv"
	"time"

	"roster"
)

// RetryMax bounds how long a node may tell a client to stay away.
const RetryMax = time.Hour

// Problem is the body of a refusal.
type Problem struct {
	Status   int            `json:"status"`
	Detail   string         `json:"detail"`
	Code     roster.Code    `json:"code"`
	Shard    roster.ShardID `json:"shard"`
	Index    roster.Index   `json:"index"`
	Field    string         `json:"field"`
	Position int            `json:"position"`
}

// Error returns the refusal that p describes.
func (p Problem) Error() *roster.Error {
	e := &roster.Error{Code: p.Code, Detail: p.Detail, Field: p.Field, Position: p.Position, Shard: p.Shard, Index: p.Index}
	if p.Status != p.Code.HTTPStatus() {
		e.Status = p.Status
	}
	return e
}

// Of returns the refusal that an answer is; false when no node has written it.
func Of(h http.Header, body []byte) (*roster.Error, bool) {
	var p Problem
	if !IsJSON(h) || json.Unmarshal(body, &p) != nil || !p.Code.Known() {
		return nil, false
	}
	e := p.Error()
	e.RetryAfter = RetryAfter(h)
	return e, true
}

// IsJSON reports whether the body is JSON, or a problem.
func IsJSON(h http.Header) bool {
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	return err == nil && (kind == "application/json" || kind == "application/problem+json")
}

// RetryAfter reads the seconds of Retry-After; 0 when there are none.
func RetryAfter(h http.Header) time.Duration {
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(min(seconds, int(RetryMax/time.Second))) * time.Second
}
