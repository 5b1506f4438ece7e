package httpapi

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"roster"
	"roster/httpapi/table"
)

// parseQuery reads the query string, if there is one.
func (c *call) parseQuery() (err error) {
	if c.r.URL.RawQuery != "" {
		c.query, err = c.ParseQuery(c.r.URL.RawQuery)
	}
	return err
}

// flag reads true or false; a bare name is true.
func (c *call) flag(name string) (bool, error) {
	if !c.query.Has(name) {
		return false, nil
	}
	switch c.query.Get(name) {
	case "true", "":
		return true, nil
	case "false":
		return false, nil
	}
	return false, roster.Invalid(name, "want true or false")
}

// read says what a read may answer from: the parameters and Roster-Token together.
func (c *call) read() (roster.Read, error) {
	token, err := c.tokenHeader()
	if err != nil {
		return roster.Read{}, err
	}
	if c.query == nil {
		if token == "" {
			return roster.Read{}, nil
		}
		return roster.Read{Level: roster.ReadFresh, After: token}, nil
	}
	read := roster.Read{Level: roster.Level(c.query.Get("read")), After: roster.Token(c.query.Get("after"))}
	if read.MaxAge, err = c.maxAge(); err != nil {
		return roster.Read{}, err
	}
	if err := read.Validate(); err != nil {
		return roster.Read{}, err
	}
	if token != "" {
		if read.After, err = roster.MergeTokens(read.After, token); err != nil {
			return roster.Read{}, err
		}
	}
	if read.Level != roster.ReadLinearizable && (read.After != "" || read.MaxAge != 0) {
		read.Level = roster.ReadFresh
	}
	return read, nil
}

func (c *call) maxAge() (time.Duration, error) {
	if !c.query.Has("max_age") {
		return 0, nil
	}
	age, err := time.ParseDuration(c.query.Get("max_age"))
	if err != nil || age <= 0 || age > roster.MaxAgeMax {
		return 0, roster.Invalid("max_age", "want a time of more than 0 and at most %v, such as 500ms", roster.MaxAgeMax)
	}
	return age, nil
}

// selection reads what selects agents: what all lists and watches share.
func (c *call) selection() (roster.Query, error) {
	q := roster.Query{Capabilities: c.query["capability"], Namespaces: c.query["namespace"], Nodes: c.query["node"],
		Statuses: c.query["status"], Health: c.query["health"], Text: c.query.Get("text"), Filter: c.query.Get("filter")}
	for _, label := range c.query["label"] {
		key, value, ok := strings.Cut(label, "=")
		if !ok || key == "" {
			return q, roster.Invalid("label", "want key=value")
		}
		q.Labels = append(q.Labels, roster.Pair{Key: key, Value: value})
	}
	for name, values := range c.query {
		if i := slices.IndexFunc(c.Params, func(p table.Param) bool { return p.Name == name }); c.Params[i].Repeated && slices.Contains(values, "") {
			return q, roster.Invalid(name, "the value is empty")
		}
	}
	return q, nil
}

// listQuery reads the query of a list.
func (c *call) listQuery() (q roster.Query, err error) {
	if q, err = c.selection(); err != nil {
		return q, err
	}
	if q.Read, err = c.read(); err != nil {
		return q, err
	}
	if q.Explain, err = c.flag("explain"); err != nil {
		return q, err
	}
	q.Cursor = roster.Cursor(c.query.Get("cursor"))
	if c.query.Has("limit") {
		q.Limit, err = strconv.Atoi(c.query.Get("limit"))
		if err != nil || q.Limit < 1 || q.Limit > roster.ListLimitMax {
			return q, roster.Invalid("limit", "want a whole number from 1 to %d", roster.ListLimitMax)
		}
	}
	return q, nil
}
