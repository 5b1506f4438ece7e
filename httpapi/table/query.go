package table

import (
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"roster"
)

// ParseQuery reads a query string, strictly: what the route does not know, a second value
// where one is meant, and broken UTF-8 are Invalid.
func (r *Route) ParseQuery(raw string) (url.Values, error) {
	query, err := url.ParseQuery(raw)
	if err != nil {
		return nil, roster.Invalid("", "the query string is malformed: %s", err)
	}
	names := make([]string, 0, len(query))
	for name := range query {
		names = append(names, name)
	}
	slices.Sort(names) // so that of two faults the same one is told each time
	for _, name := range names {
		if err := r.checkParam(name, query[name]); err != nil {
			return nil, err
		}
	}
	return query, nil
}

func (r *Route) checkParam(name string, values []string) error {
	i := slices.IndexFunc(r.Params, func(p Param) bool { return p.Name == name })
	switch {
	case i < 0:
		return roster.Invalid(strings.ToValidUTF8(name[:min(len(name), 64)], "?"), "unknown parameter; /openapi.json says which this route takes")
	case len(values) > 1 && !r.Params[i].Repeated:
		return roster.Invalid(name, "the parameter is there %d times; want it once", len(values))
	}
	for _, v := range values {
		if !utf8.ValidString(v) || strings.IndexByte(v, 0) >= 0 {
			return roster.Invalid(name, "not valid UTF-8, or holds a NUL")
		}
	}
	return nil
}
