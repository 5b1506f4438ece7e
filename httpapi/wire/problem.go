package wire

import (
	"encoding/json"
	"errors"

	"roster"
)

// Problem is the body of every answer of 400 or more (RFC 9457). All fields are
// always there.
type Problem struct {
	Type      string         `json:"type"`
	Title     string         `json:"title"`
	Status    int            `json:"status"`
	Detail    string         `json:"detail"`
	Code      roster.Code    `json:"code"`
	Shard     roster.ShardID `json:"shard"`
	Retryable bool           `json:"retryable"`
	Index     roster.Index   `json:"index"`
	Field     string         `json:"field"`
	Position  int            `json:"position"`
	// Checks is what a node that is not ready lacks, when it was asked for.
	Checks []roster.Check `json:"checks,omitempty"`
}

// ProblemOf returns the problem that tells err. An error without a code says nothing
// of itself to callers: it is the log's business.
func ProblemOf(err error) Problem {
	e, ok := errors.AsType[*roster.Error](err)
	if !ok {
		e = roster.Errorf(roster.CodeInternal, "the node failed to answer; its log says why")
	}
	detail := e.Detail
	if detail == "" {
		detail = e.Code.Title()
	}
	return Problem{Type: "urn:roster:error:" + string(e.Code), Title: e.Code.Title(), Status: e.HTTPStatus(), Detail: detail,
		Code: e.Code, Shard: e.Shard, Retryable: e.Code.Retryable(), Index: e.Index, Field: e.Field, Position: e.Position}
}

// Marshal returns the problem as JSON.
func (p Problem) Marshal() []byte {
	body, err := json.Marshal(p)
	if err != nil { // a Problem holds nothing that JSON cannot say
		return []byte(`{"status":500,"code":"Internal"}`)
	}
	return body
}
