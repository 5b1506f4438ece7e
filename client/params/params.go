package params

import (
	"net/url"
	"strconv"

	"roster"
)

// OwnScope refuses a query that somebody narrowed: the API has no word for that, and to
// ask for more than was meant would show it. The token narrows what its holder sees.
func OwnScope(q roster.Query) error {
	if q.Scope != nil {
		return roster.Invalid("scope", "a scope does not leave its process: use a token that reads no more")
	}
	return nil
}

// Of writes what a query selects as URL parameters.
func Of(q roster.Query) url.Values {
	v := url.Values{}
	for name, values := range map[string][]string{
		"capability": q.Capabilities, "namespace": q.Namespaces, "node": q.Nodes,
		"status": q.Statuses, "health": q.Health,
	} {
		for _, value := range values {
			v.Add(name, value)
		}
	}
	for _, label := range q.Labels {
		v.Add("label", label.Key+"="+label.Value)
	}
	set(v, "text", q.Text)
	set(v, "filter", q.Filter)
	return v
}

// Read writes how fresh a read must be. A token or an age implies fresh, so the
// level is left out where the server would conclude it.
func Read(v url.Values, r roster.Read) {
	set(v, "read", string(r.Level))
	set(v, "after", string(r.After))
	if r.MaxAge != 0 {
		v.Set("max_age", r.MaxAge.String())
	}
}

// Page writes which page of a list is wanted.
func Page(v url.Values, q roster.Query) {
	if q.Limit != 0 {
		v.Set("limit", strconv.Itoa(q.Limit))
	}
	set(v, "cursor", string(q.Cursor))
	if q.Explain {
		v.Set("explain", "true")
	}
}

// set sets a parameter that is not empty.
func set(v url.Values, name, value string) {
	if value != "" {
		v.Set(name, value)
	}
}
