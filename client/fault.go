package client

import (
	"net/http"

	"roster"
	"roster/client/problem"
	"roster/client/trust"
)

// faultOf classifies an answer that is not a success.
func faultOf(base string, a answer) *fault {
	if e, ok := problem.Of(a.header, a.body); ok {
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
		e.RetryAfter = problem.RetryAfter(a.header)
		return &fault{err: e, fate: unsure, elsewhere: true}
	}
	return &fault{err: e, fate: decided}
}
