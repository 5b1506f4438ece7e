package wire

import (
	"net/http"
	"strings"

	"roster"
)

// The headers that make a request depend on what is there, in their canonical spelling.
const (
	ifMatch     = "If-Match"
	ifNoneMatch = "If-None-Match"
)

// Header returns a header that may be there once; "" when it is not there. The name is in
// its canonical spelling.
func Header(h http.Header, name string) (string, error) {
	switch values := h[name]; len(values) {
	case 0:
		return "", nil
	case 1:
		return values[0], nil
	}
	return "", roster.Invalid(name, "the header is there twice")
}

// RevisionHeader reads If-Match: one revision in quotes, or nothing (0).
func RevisionHeader(h http.Header) (roster.Index, error) {
	value, err := Header(h, ifMatch)
	if value == "" || err != nil {
		return 0, err
	}
	return ParseETag(value)
}

// AbsentHeader reads If-None-Match of a write: "*" or nothing.
func AbsentHeader(h http.Header) (bool, error) {
	switch value, err := Header(h, ifNoneMatch); {
	case err != nil:
		return false, err
	case value == "":
		return false, nil
	case value == "*":
		return true, nil
	}
	return false, roster.Invalid(ifNoneMatch, "a write takes * alone")
}

// Unmodified reports whether a read's If-None-Match names revision.
func Unmodified(h http.Header, revision roster.Index) bool {
	for _, line := range h[ifNoneMatch] {
		for tag := range strings.SplitSeq(line, ",") {
			tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
			if tag == "*" || tag == ETag(revision) {
				return true
			}
		}
	}
	return false
}
