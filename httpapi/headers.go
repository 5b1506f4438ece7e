package httpapi

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"net/http"
	"strconv"
	"strings"

	"roster"
)

// conditional are the headers that change what a request means: a route that does
// not take one refuses it, because to ignore it could do harm.
const (
	ifMatch     = "If-Match"
	ifNoneMatch = "If-None-Match"
)

// refuseHeaders refuses conditions that the route does not know.
func (c *call) refuseHeaders() error {
	for _, name := range [...]string{ifMatch, ifNoneMatch} {
		if len(c.r.Header[name]) > 0 && !c.takes(name) {
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
	value, err := c.header(ifMatch)
	if value == "" || err != nil {
		return 0, err
	}
	return parseETag(value)
}

func parseETag(value string) (roster.Index, error) {
	digits, ok := strings.CutPrefix(value, `"`)
	digits, quoted := strings.CutSuffix(digits, `"`)
	n, err := strconv.ParseUint(digits, 10, 64)
	if !ok || !quoted || err != nil || n == 0 {
		return 0, roster.Invalid(ifMatch, `want one revision in double quotes, such as "42"`)
	}
	return roster.Index(n), nil
}

// absentHeader reads If-None-Match of a write: "*" or nothing.
func (c *call) absentHeader() (bool, error) {
	switch value, err := c.header(ifNoneMatch); {
	case err != nil:
		return false, err
	case value == "":
		return false, nil
	case value == "*":
		return true, nil
	}
	return false, roster.Invalid(ifNoneMatch, "a write takes * alone")
}

// unmodified reports whether a read's If-None-Match names revision.
func (c *call) unmodified(revision roster.Index) bool {
	for _, line := range c.r.Header[ifNoneMatch] {
		for tag := range strings.SplitSeq(line, ",") {
			tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
			if tag == "*" || tag == etag(revision) {
				return true
			}
		}
	}
	return false
}

func etag(revision roster.Index) string { return `"` + strconv.FormatUint(uint64(revision), 10) + `"` }

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
	request, err := requestOf(c.r.Header)
	if err != nil || request == (roster.Request{}) {
		return c.r.Context(), err
	}
	return roster.WithRequest(c.r.Context(), request), nil
}

// requestOf reads Roster-Request or Idempotency-Key; the zero Request: neither.
func requestOf(h http.Header) (roster.Request, error) {
	exact, key := h["Roster-Request"], h["Idempotency-Key"]
	switch {
	case len(exact)+len(key) == 0:
		return roster.Request{}, nil
	case len(exact)+len(key) > 1:
		return roster.Request{}, roster.Invalid("Roster-Request", "want one Roster-Request or one Idempotency-Key, not both and not twice")
	case len(exact) == 1:
		return parseRequest(exact[0])
	case len(key[0]) == 0 || len(key[0]) > roster.IdempotencyMax:
		return roster.Request{}, roster.Invalid("Idempotency-Key", "want 1 to %d bytes", roster.IdempotencyMax)
	}
	return roster.Request{Client: hash64(key[0]), Seq: 1}, nil
}

// hash64 makes a client of a key. It is cut from SHA-256 so that nobody can find a
// key that meets another's.
func hash64(key string) uint64 {
	sum := sha256.Sum256([]byte(key))
	return max(1, binary.BigEndian.Uint64(sum[:8]))
}

// parseRequest reads client-hex/seq/done.
func parseRequest(s string) (roster.Request, error) {
	client, rest, _ := strings.Cut(s, "/")
	seq, done, _ := strings.Cut(rest, "/")
	var r roster.Request
	for _, part := range []struct {
		field *uint64
		text  string
		base  int
	}{{&r.Client, client, 16}, {&r.Seq, seq, 10}, {&r.Done, done, 10}} {
		n, err := strconv.ParseUint(part.text, part.base, 64)
		if err != nil {
			return roster.Request{}, roster.Invalid("Roster-Request", "want client/seq/done: the client in hex, the others decimal")
		}
		*part.field = n
	}
	if r.Client == 0 || r.Seq == 0 || r.Done >= r.Seq {
		return roster.Request{}, roster.Invalid("Roster-Request", "want a client and a seq of at least 1, and done below seq")
	}
	return r, nil
}
