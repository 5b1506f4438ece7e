package httpapi

import (
	"context"
	"strconv"
	"strings"

	"roster"
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

// header returns a header that may be there once.
func (c *call) header(name string) (string, error) {
	switch values := c.r.Header[name]; len(values) {
	case 0:
		return "", nil
	case 1:
		return values[0], nil
	}
	return "", roster.Invalid(name, "the header is there twice")
}

// revisionHeader reads If-Match: one revision in quotes, or nothing (0).
func (c *call) revisionHeader() (roster.Index, error) {
	value, err := c.header(table.IfMatch)
	if value == "" || err != nil {
		return 0, err
	}
	return wire.ParseETag(value)
}

// absentHeader reads If-None-Match of a write: "*" or nothing.
func (c *call) absentHeader() (bool, error) {
	switch value, err := c.header(table.IfNoneMatch); {
	case err != nil:
		return false, err
	case value == "":
		return false, nil
	case value == "*":
		return true, nil
	}
	return false, roster.Invalid(table.IfNoneMatch, "a write takes * alone")
}

// unmodified reports whether a read's If-None-Match names revision.
func (c *call) unmodified(revision roster.Index) bool {
	for _, line := range c.r.Header[table.IfNoneMatch] {
		for tag := range strings.SplitSeq(line, ",") {
			tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
			if tag == "*" || tag == wire.ETag(revision) {
				return true
			}
		}
	}
	return false
}

// tokenHeader reads Roster-Token.
func (c *call) tokenHeader() (roster.Token, error) {
	value, err := c.header("Roster-Token")
	if value == "" || err != nil {
		return "", err
	}
	if _, err := roster.ParsePosition(value); err != nil {
		return "", roster.Invalid("Roster-Token", "not a token of this API: pass on what an answer gave you, unchanged")
	}
	return roster.Token(value), nil
}

// stamp says which replica answered. The four values share one allocation.
func (c *call) stamp(s roster.Stamp) {
	h, v := c.Header(), new([4]string)
	v[0] = s.Shard.String()
	v[1] = strconv.FormatUint(uint64(s.Index), 10)
	v[2] = strconv.FormatInt(s.Age.Milliseconds(), 10)
	v[3] = string(s.ReadToken())
	h["Roster-Shard"], h["Roster-Index"], h["Roster-Age-Ms"], h["Roster-Token"] = v[0:1:1], v[1:2:2], v[2:3:3], v[3:4:4]
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
	request, err := wire.RequestOf(c.r.Header)
	if err != nil || request == (roster.Request{}) {
		return c.r.Context(), err
	}
	return roster.WithRequest(c.r.Context(), request), nil
}
