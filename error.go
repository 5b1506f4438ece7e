package roster

import (
	"errors"
	"fmt"
	"time"
)

// Code classifies an error for programs. The table below maps each to an HTTP
// status and an exit status.
type Code string

// The codes. Unavailable promises that nothing was executed; Unknown says that the
// write may have been: retry it only under the same Request.
const (
	CodeInvalid     Code = "Invalid"
	CodeDenied      Code = "Denied"
	CodeNotFound    Code = "NotFound"
	CodeConflict    Code = "Conflict"
	CodeGone        Code = "Gone"
	CodeStale       Code = "Stale"
	CodeTooLarge    Code = "TooLarge"
	CodeMoved       Code = "Moved"
	CodeRefused     Code = "Refused"
	CodeOverloaded  Code = "Overloaded"
	CodeInternal    Code = "Internal"
	CodeUnavailable Code = "Unavailable"
	CodeUnknown     Code = "Unknown"
)

// codes is the one table of the contract.
var codes = map[Code]struct {
	status, exit int
	retryable    bool
	title        string
}{
	CodeInvalid:     {400, 2, false, "invalid request"},
	CodeDenied:      {403, 6, false, "not allowed"},
	CodeNotFound:    {404, 3, false, "not found"},
	CodeConflict:    {409, 4, false, "conflict"},
	CodeGone:        {410, 3, false, "gone"},
	CodeStale:       {412, 4, false, "revision does not match"},
	CodeTooLarge:    {413, 2, false, "too large"},
	CodeMoved:       {421, 5, true, "moved to another node"},
	CodeRefused:     {422, 4, false, "refused by a rule"},
	CodeOverloaded:  {429, 5, true, "overloaded"},
	CodeInternal:    {500, 1, false, "internal error"},
	CodeUnavailable: {503, 5, true, "unavailable, not executed"},
	CodeUnknown:     {504, 7, true, "outcome unknown"},
}

// HTTPStatus returns the status that code answers with.
func (c Code) HTTPStatus() int { return codes[c].status }

// ExitStatus returns what a command line exits with.
func (c Code) ExitStatus() int { return codes[c].exit }

// Retryable reports whether the same request may succeed later.
func (c Code) Retryable() bool { return codes[c].retryable }

// Title returns the code in words.
func (c Code) Title() string { return codes[c].title }

// Known reports whether c is in the table.
func (c Code) Known() bool { _, ok := codes[c]; return ok }

// Error is a refusal or a fault with its code. Compare codes with CodeOf.
type Error struct {
	Code   Code
	Detail string // for people: what is wrong and what to do
	Field  string // the offending field or parameter, if one is
	// Position is the byte, from 1, at which a filter or body is wrong; 0: none.
	Position   int
	Status     int // HTTP status where it is not the code's own (401, 405, 408, 411, 415, 431)
	Shard      ShardID
	Index      Index
	RetryAfter time.Duration
	Leader     NodeID // with Moved: who leads, if it is known
	Cause      error  // stays on this side of the wire
}

// Error returns the detail, led by the field.
func (e *Error) Error() string {
	s := e.Detail
	if s == "" {
		s = e.Code.Title()
	}
	if e.Field != "" {
		s = e.Field + ": " + s
	}
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// HTTPStatus returns the status to answer with.
func (e *Error) HTTPStatus() int {
	if e.Status != 0 {
		return e.Status
	}
	return e.Code.HTTPStatus()
}

// CodeOf returns the code of err: "" for nil, Internal for an error without one.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return CodeInternal
}

// Errorf returns an error with a code.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Detail: fmt.Sprintf(format, args...)}
}

// Invalid returns an Invalid error about a field.
func Invalid(field, format string, args ...any) *Error {
	return &Error{Code: CodeInvalid, Field: field, Detail: fmt.Sprintf(format, args...)}
}
