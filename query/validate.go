package query

import (
	"errors"
	"roster"
	"slices"
	"strings"
	"unicode/utf8"
)

// nodeBytesMax bounds the name of a node in a query; no node's id is longer.
const nodeBytesMax = 256

// validate reports the first fault of everything but the filter.
func validate(q roster.Query) error {
	checks := []struct {
		field  string
		values []string
		check  func(string) error
	}{
		{"capability", q.Capabilities, text("capability", roster.CapabilityMax)},
		{"namespace", q.Namespaces, namespace},
		{"node", q.Nodes, text("node", nodeBytesMax)},
		{"status", q.Statuses, oneOf("status", roster.Statuses)},
		{"health", q.Health, oneOf("health", roster.HealthStates)},
	}
	for _, c := range checks {
		if len(c.values) > roster.QueryValuesMax {
			return roster.Invalid(c.field, "%d values; at most %d", len(c.values), roster.QueryValuesMax)
		}
		for _, v := range c.values {
			if err := c.check(v); err != nil {
				return err
			}
		}
	}
	if q.Limit < 0 || q.Limit > roster.ListLimitMax {
		return roster.Invalid("limit", "limit %d: want 1 to %d, or 0 for %d", q.Limit, roster.ListLimitMax, roster.ListLimit)
	}
	if err := validateLabels(q.Labels); err != nil {
		return err
	}
	return validateText(q.Text)
}

// text returns a check for 1 to bytesMax bytes of UTF-8.
func text(field string, bytesMax int) func(string) error {
	return func(s string) error {
		if s == "" || len(s) > bytesMax || !utf8.ValidString(s) {
			return roster.Invalid(field, "%s %s: want 1 to %d bytes of UTF-8", field, excerpt(s), bytesMax)
		}
		return nil
	}
}

// namespace asks the grammar of agent ids.
func namespace(s string) error {
	if strings.Contains(s, "/") {
		return roster.Invalid("namespace", "namespace %s holds a slash", excerpt(s))
	}
	err := roster.AgentID(s + "/x").Validate()
	if e, ok := errors.AsType[*roster.Error](err); ok {
		return roster.Invalid("namespace", "%s", e.Detail)
	}
	return err
}

// oneOf returns a check for the members of a list.
func oneOf[T ~string](field string, known []T) func(string) error {
	return func(s string) error {
		if slices.Contains(known, T(s)) {
			return nil
		}
		words := make([]string, len(known))
		for i, k := range known {
			words[i] = string(k)
		}
		return roster.Invalid(field, "%s %s: want one of %s", field, excerpt(s), strings.Join(words, " "))
	}
}

func validateLabels(labels []roster.Pair) error {
	if len(labels) > roster.QueryValuesMax {
		return roster.Invalid("label", "%d values; at most %d", len(labels), roster.QueryValuesMax)
	}
	for _, p := range labels {
		if err := text("label", roster.MapKeyMax)(p.Key); err != nil {
			return err
		}
		if len(p.Value) > roster.LabelValueMax || !utf8.ValidString(p.Value) {
			return roster.Invalid("label", "value %s of label %s: want at most %d bytes of UTF-8", excerpt(p.Value), excerpt(p.Key), roster.LabelValueMax)
		}
	}
	return nil
}

func validateText(s string) error {
	if len(s) > roster.TextBytesMax {
		return roster.Invalid("text", "%d bytes; at most %d", len(s), roster.TextBytesMax)
	}
	if !utf8.ValidString(s) {
		return roster.Invalid("text", "not valid UTF-8")
	}
	switch words := len(Words(s)); {
	case words > roster.QueryValuesMax:
		return roster.Invalid("text", "%d words; at most %d", words, roster.QueryValuesMax)
	case words == 0 && strings.TrimSpace(s) != "":
		return roster.Invalid("text", "text %s holds no letter or digit to look for", excerpt(s))
	}
	return nil
}
