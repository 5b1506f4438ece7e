package wire

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"

	"roster"
)

// ParseETag reads If-Match: one revision in quotes.
func ParseETag(value string) (roster.Index, error) {
	digits, ok := strings.CutPrefix(value, `"`)
	digits, quoted := strings.CutSuffix(digits, `"`)
	n, err := strconv.ParseUint(digits, 10, 64)
	if !ok || !quoted || err != nil || n == 0 {
		return 0, roster.Invalid("If-Match", `want one revision in double quotes, such as "42"`)
	}
	return roster.Index(n), nil
}

// ETag writes a revision as an entity tag.
func ETag(revision roster.Index) string { return `"` + strconv.FormatUint(uint64(revision), 10) + `"` }

// RequestOf reads Roster-Request or Idempotency-Key; the zero Request: neither.
func RequestOf(h http.Header) (roster.Request, error) {
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

// SessionOf draws the id of a session from the request that opens it: a retry must reach
// the same shard to find the stored result.
func SessionOf(r roster.Request) roster.SessionID {
	seed := binary.BigEndian.AppendUint64([]byte("session"), r.Client)
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(seed, r.Seq))
	return roster.SessionID(hex.EncodeToString(sum[:16]))
}

// OwnRequest returns r as it is among the requests of who asks: a key that another caller
// chose, too, must neither answer with what his write came to nor stand in his way. Where
// nobody was asked, "", r stays as it is.
func OwnRequest(r roster.Request, by roster.Principal) roster.Request {
	if by != "" {
		sum := sha256.Sum256(append(binary.BigEndian.AppendUint64([]byte("request"), r.Client), by...))
		r.Client = max(1, binary.BigEndian.Uint64(sum[:]))
	}
	return r
}
