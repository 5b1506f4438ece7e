package httpapi

import (
	"context"
	"strconv"

	"roster"
	"roster/acting"
	"roster/httpapi/table"
	"roster/httpapi/wire"
)

// refuseHeaders refuses conditions that the route does not know.
func (c *call) refuseHeaders() error {
	for _, name := range [...]string{table.IfMatch, table.IfNoneMatch} {
		if len(c.r.Header[name]) > 0 && !c.Takes(name) {
			return roster.Invalid(name, "%s has no meaning on this route", name)
		}
	}
	return nil
}

// tokenHeader reads Roster-Token.
func (c *call) tokenHeader() (roster.Token, error) {
	value, err := wire.Header(c.r.Header, "Roster-Token")
	if value == "" || err != nil {
		return "", err
	}
	if _, err := roster.ParsePosition(value); err != nil {
		return "", roster.Invalid("Roster-Token", "not a token of this API: pass on what an answer gave you, unchanged")
	}
	return roster.Token(value), nil
}

// stamp says which replica answered.
func (c *call) stamp(s roster.Stamp) {
	c.head("Roster-Shard", s.Shard.String())
	c.head("Roster-Index", strconv.FormatUint(uint64(s.Index), 10))
	c.head("Roster-Age-Ms", strconv.FormatInt(s.Age.Milliseconds(), 10))
	c.head("Roster-Token", string(s.ReadToken()))
	if s.Node != "" {
		c.head("Roster-Node", string(s.Node))
	}
}

// stampList says how old the oldest replica of a list was, and what it has seen.
func (c *call) stampList(s roster.Stamp, token roster.Token) {
	c.Header().Set("Roster-Age-Ms", strconv.FormatInt(s.Age.Milliseconds(), 10))
	c.Header().Set("Roster-Token", string(token))
}

// merged returns token with what the request's own token has seen.
func (c *call) merged(token roster.Token) (roster.Token, error) {
	in, err := c.tokenHeader()
	if in == "" || err != nil {
		return token, err
	}
	return roster.MergeTokens(token, in)
}

// written stamps the answer of a write.
func (c *call) written(s roster.Stamp) error {
	token, err := c.merged(s.Token)
	if err != nil {
		return err
	}
	s.Token = token
	c.stamp(s)
	return nil
}

// writeContext returns the context of a write: it carries the request under which
// the write runs exactly once, if the client gave one. A malformed token is refused
// here, before anything is written.
func (c *call) writeContext() (context.Context, error) {
	if _, err := c.tokenHeader(); err != nil {
		return nil, err
	}
	ctx := c.r.Context()
	claim, claims, err := acting.OfHeader(c.r.Header)
	if err != nil {
		return nil, err
	}
	if claims {
		ctx = acting.With(ctx, claim)
	}
	request, err := wire.RequestOf(c.r.Header)
	if err != nil || request == (roster.Request{}) {
		return ctx, err
	}
	return roster.WithRequest(ctx, wire.OwnRequest(request, roster.PrincipalFrom(ctx))), nil
}
