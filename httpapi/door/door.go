package door

import (
	"context"
	"net/http"
	"strings"

	"roster"
	"roster/access"
	"roster/httpapi/table"
)

// Keeper recognises who shows a token.
type Keeper interface {
	// Recognise returns who shows a secret. Its refusals have status 401.
	Recognise(secret string) (access.Caller, error)
}

// Admit returns the context under which r goes on, and the secret that it shows, "" for
// none. The error is Denied with status 401 for who has not shown a good token, with 403
// for who lacks the right, and Invalid for a request with two tokens; Overloaded where a Limited
// keeper says so, but on open routes. The caller calls Leave when the request has ended.
func Admit(r *http.Request, right table.Right, keeper Keeper) (context.Context, string, error) {
	secret, err := bearer(r.Header["Authorization"])
	var caller access.Caller
	if err == nil {
		caller, err = keeper.Recognise(secret)
	}
	if err != nil && right.In == table.Open {
		return r.Context(), "", nil
	}
	if err != nil {
		return nil, "", err
	}
	ctx := access.With(r.Context(), caller)
	if right.In == table.Open {
		return ctx, secret, nil
	}
	if ctx, err = count(ctx, keeper, caller.Principal); err != nil {
		return ctx, secret, err
	}
	return ctx, secret, judge(ctx, r, right, caller)
}

// judge holds a caller against the right that a route asks for.
func judge(ctx context.Context, r *http.Request, right table.Right, caller access.Caller) error {
	switch right.In {
	case table.Open:
		return nil
	case table.Cluster:
		return access.Check(ctx, right.Verb, "")
	case table.InPath:
		return access.Check(ctx, right.Verb, r.PathValue("ns"))
	case table.InSession:
		return access.Check(ctx, right.Verb, roster.SessionID(r.PathValue("id")).Namespace())
	case table.Anywhere, table.Named:
		if caller.Policy.AllowSome(right.Verb) {
			return nil
		}
		return roster.Errorf(roster.CodeDenied, "the token allows no %s anywhere", right.Verb)
	}
	return roster.Errorf(roster.CodeDenied, "nobody has said who may do this") // no row is like that
}

// bearer reads the token of a request.
func bearer(values []string) (string, error) {
	switch len(values) {
	case 0:
		return "", access.Unauthenticated("this node asks for a token: want Authorization: Bearer rst_…")
	case 1:
	default:
		return "", roster.Invalid("Authorization", "the header is there twice")
	}
	scheme, secret, ok := strings.Cut(values[0], " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return "", access.Unauthenticated("want Authorization: Bearer rst_…")
	}
	return secret, nil
}

// Challenge tells, in the head of an answer of 401, what r lacks (RFC 6750).
func Challenge(h http.Header, r *http.Request) {
	value := `Bearer realm="roster"`
	if len(r.Header["Authorization"]) > 0 {
		value += `, error="invalid_token"`
	}
	h.Set("WWW-Authenticate", value)
}
