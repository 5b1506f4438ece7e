package query

import (
	"roster"
	"strings"
	"testing"
)

// planner is the record that the tables of this package ask about.
func planner() *roster.Record {
	return &roster.Record{
		Agent: roster.Agent{
			ID: "demo/planner-1",
			Capabilities: []roster.Capability{
				{Name: "planner", Version: "10.2", Attributes: roster.MapOf(map[string]string{"lang": "en"})},
				{Name: "route/map", Version: "2", Attributes: roster.MapOf(map[string]string{"lang": "de", "gpu": "h200"})},
			},
			Labels:      roster.MapOf(map[string]string{"tier": "gold", "a.b": "dotted", "rank": "12", "none": "", "größe": "XL"}),
			Endpoints:   []roster.Endpoint{{Name: "api", URL: "https://planner.example:443/v1"}},
			Description: "Plans trips, with a \"quoted\" word",
			Metadata:    roster.MapOf(map[string]string{"x": "-7", "zeros": "007"}),
			Session:     "s-1",
			OnEnd:       roster.OnEndCritical,
		},
		Owner:    roster.Owner{Kind: roster.OwnedBySession, ID: "s-1"},
		Status:   roster.StatusRunning,
		Health:   roster.Health{State: roster.Warning, Reason: "slow"},
		Node:     "n1-00c0ffee",
		Epoch:    41,
		Revision: 18446744073709551615,
		Shard:    3,
	}
}

// matches says which filters select the planner.
var matches = map[string]bool{
	// every selector
	`id == demo/planner-1`:                       true,
	`namespace == demo`:                          true,
	`name == "planner-1"`:                        true,
	`description contains "trips"`:               true,
	`status == running`:                          true,
	`health == warning`:                          true,
	`health.state == passing`:                    false,
	`health["state"] == warning`:                 true,
	`health.reason == slow`:                      true,
	`node == n1-00c0ffee`:                        true,
	`owner.kind == session`:                      true,
	`owner.id == s-1`:                            true,
	`session is not empty`:                       true,
	`on_end == critical`:                         true,
	`revision == 18446744073709551615`:           true,
	`epoch >= 41 and epoch < 42`:                 true,
	`shard != 3`:                                 false,
	`capability == planner`:                      true,
	`capabilities.name == route/map`:             true,
	`capabilities.version == 2`:                  true,
	`capabilities.attributes.lang == de`:         true,
	`capabilities["attributes"]["gpu"] is empty`: false,
	`endpoints == api`:                           true,
	`endpoints.name contains api`:                true,
	`endpoints.url matches "^https://"`:          true,
	`labels.tier == gold`:                        true,
	`labels.a.b == dotted`:                       true,
	`labels["a.b"] == dotted`:                    true,
	"labels[`a.b`] == `dotted`":                  true,
	`labels[tier] == gold`:                       true,
	`labels.größe == XL`:                         true,
	`metadata.x == -7`:                           true,
	// every operator
	`status != running`:                           false,
	`status != stopped`:                           true,
	`status in ["running", stopped]`:              true,
	`status not in [running]`:                     false,
	`"planner" in capabilities`:                   true,
	`planner in capabilities`:                     true,
	`coder in capabilities`:                       false,
	`"plan" in capabilities`:                      false, // a list has elements, not parts
	`coder not in capabilities`:                   true,
	`"trips" in description`:                      true, // a field has parts
	`tier in labels`:                              true, // a map has keys
	`gold in labels`:                              false,
	`labels contains "a.b"`:                       true,
	`metadata not contains y`:                     true,
	`lang in capabilities.attributes`:             true,
	`capabilities not contains coder`:             true,
	`name matches "^plan.*-[0-9]$"`:               true,
	`name not matches "x"`:                        true,
	`session is empty`:                            false,
	`labels is empty`:                             false,
	`labels is not empty`:                         true,
	`labels.rank < 9`:                             false, // numbers: 12 > 9
	`labels.rank > 9`:                             true,
	`capabilities.version > 9`:                    false, // "10.2" is text, and 2 < 9
	`capabilities.version < "9.1"`:                true,
	`metadata.x < 0`:                              true,
	`metadata.x > -8`:                             true,
	`metadata.zeros == 7`:                         false, // equality is by bytes
	`metadata.zeros <= 7 and metadata.zeros >= 7`: true,
	`revision > 18446744073709551614`:             true,
	`revision > 99999999999999999999999`:          false,
	// a missing key satisfies only what denies
	`labels.nope == ""`:                 false,
	`labels.none == ""`:                 true,
	`labels.nope != gold`:               true,
	`labels.nope < 1`:                   false,
	`labels.nope >= 0`:                  false,
	`labels.nope contains ""`:           false,
	`labels.nope matches ""`:            false,
	`labels.nope not in [a]`:            true,
	`labels.nope not contains a`:        true,
	`labels.nope not matches a`:         true,
	`labels.nope is empty`:              true,
	`labels.none is empty`:              true,
	`labels.nope is not empty`:          false,
	`not labels.nope == a`:              true,
	`capabilities.attributes.no in [a]`: false,
	// and, or, not, parentheses
	`status == running and shard == 3`:                               true,
	`status == stopped or shard == 3`:                                true,
	`shard == 3 or shard == 4 and status == stopped`:                 true, // and binds tighter
	`(shard == 3 or shard == 4) and status == stopped`:               false,
	`not status == stopped and shard == 3`:                           true, // not binds tightest
	`not status == running or shard == 3`:                            true,
	`not (status == running or shard == 3)`:                          false,
	`not not status == running`:                                      true,
	"  (\t(\nstatus==running)\r)  ":                                  true,
	`description contains "\"quoted\"" and name matches ` + "`-\\d`": true,
	`"in" in description`:                                            false,
	`description not contains "not"`:                                 true,
}

func TestFilterMatches(t *testing.T) {
	for filter, want := range matches {
		c, err := Compile(roster.Query{Filter: filter})
		if err != nil {
			t.Errorf("%s: %v", filter, err)
			continue
		}
		if got := c.Match(planner()); got != want {
			t.Errorf("%s: %v, want %v (read as %s)", filter, got, want, c.filter)
		}
	}
}

// faults lists what is no filter, the byte that says so and words of the message.
var faults = []struct {
	filter   string
	position int
	says     string
}{
	{`status`, 7, "want one of =="},
	{`status = running`, 8, `want "=="`},
	{`status ==`, 10, "want a value"},
	{`status == and`, 11, "want a value (quoted"},
	{`status == running x`, 19, `want "and", "or" or the end`},
	{`status == running AND shard == 1`, 19, `"AND" after a complete`},
	{`status == running and`, 22, "want a selector"},
	{`status == running and or`, 23, "want a selector"},
	{`and`, 1, "want a selector"},
	{`()`, 2, "want a selector"},
	{`(status == running`, 19, `")" of the "(" at byte 1`},
	{`status == running)`, 18, "after a complete comparison"},
	{`stat == running`, 1, `unknown selector "stat": want one of id namespace`},
	{`shard == 1 and colour == red`, 16, "unknown selector"},
	{`health.colour == red`, 1, `unknown selector "health.colour"`},
	{`owner["colour"] == red`, 1, `unknown selector "owner.colour"`},
	{`created_at > 5`, 1, "unknown selector"},
	{`labels. == x`, 1, "without a key"},
	{`labels[""] == x`, 1, "without a key"},
	{`labels["a"]["b"] == x`, 1, "values without parts"},
	{`labels["a" == x`, 12, `want "]"`},
	{`labels[ == x`, 9, "want a value"},
	{`labels == x`, 8, "labels is a map"},
	{`metadata matches x`, 10, "metadata is a map"},
	{`labels in [x]`, 8, "labels is a map"},
	{`"x" == status`, 5, "after a value"},
	{`"x" in`, 7, "want a selector"},
	{`"x" in "status"`, 8, "want a selector"},
	{`"x" in nope`, 8, "unknown selector"},
	{`x in nope`, 6, "unknown selector"},
	{`labels["a"] in capabilities`, 16, "want a list"},
	{`status in []`, 12, "want a value"},
	{`status in [a b]`, 14, `want "," or "]"`},
	{`status in [a,`, 14, "want a value"},
	{`status is running`, 8, "after a selector"},
	{`status not == x`, 12, `"==" after a selector`},
	{`status "x"`, 8, `"x" after a selector`},
	{`status == "x`, 11, `closing "`},
	{`status == "x\"`, 11, `closing "`},
	{"status == `x", 11, "closing `"},
	{`status == "\q"`, 11, "escape"},
	{`status == a&b`, 12, `'&'`},
	{`status == größe§`, 18, `'§'`},
	{"status == \"\xff\"", 12, "UTF-8"},
	{`name matches "("`, 14, "missing closing )"},
	{`name matches "(a{99}){99}"`, 14, "invalid repeat count"},
	{`name matches "x{513}"`, 14, "too large"},
	{`name matches "(a{9}){99}"`, 14, "too large"},
	{`name matches "x{300}" or id matches "x{300}"`, 37, "too large"},
	{`name matches "` + strings.Repeat("a", 257) + `"`, 14, "257 bytes"},
	{strings.Repeat("(", 33) + "shard == 1" + strings.Repeat(")", 33), 33, "nested deeper than 32"},
	{strings.Repeat("not ", 33) + "shard == 1", 129, "nested deeper"},
	{strings.Repeat("shard == 1 or ", 64) + "shard == 2", 897, "more than 64 comparisons"},
	{"shard in [" + strings.Repeat("1,", 64) + "2]", 1, "more than 64 comparisons"},
	{strings.Repeat(" ", roster.FilterBytesMax) + "shard == 1", roster.FilterBytesMax + 1, "8202 bytes; at most 8192"},
}

func TestFilterErrors(t *testing.T) {
	for _, c := range faults {
		_, err := Compile(roster.Query{Filter: c.filter})
		e, ok := err.(*roster.Error)
		if !ok {
			t.Errorf("%.80s: error %v, want a *roster.Error", c.filter, err)
			continue
		}
		if e.Code != roster.CodeInvalid || e.Field != "filter" || e.Position != c.position || !strings.Contains(e.Detail, c.says) {
			t.Errorf("%.80s: %s %s at %d: %s; want %q at %d", c.filter, e.Code, e.Field, e.Position, e.Detail, c.says, c.position)
		}
	}
}

func TestFilterAtItsLimits(t *testing.T) {
	for name, filter := range map[string]string{
		"depth":  strings.Repeat("(", depthMax) + "shard == 3" + strings.Repeat(")", depthMax),
		"terms":  strings.Repeat("shard == 1 or ", roster.FilterTermsMax-1) + "shard == 3",
		"list":   "shard in [" + strings.Repeat("1,", roster.FilterTermsMax-1) + "3]",
		"bytes":  strings.Repeat(" ", roster.FilterBytesMax-10) + "shard == 3",
		"regexp": `name matches "` + strings.Repeat("a?", patternBytesMax/2) + `"`,
		"blank":  " \t",
	} {
		c, err := Compile(roster.Query{Filter: filter})
		if err != nil || !c.Match(planner()) {
			t.Errorf("%s: %v, or no match", name, err)
		}
	}
}

func TestFilterString(t *testing.T) {
	for filter, want := range map[string]string{
		`status==running`:                               `status in ["running"]`,
		`status != "a b"`:                               `status not in ["a b"]`,
		`status in [b, a, "b"]`:                         `status in ["a", "b"]`,
		`"x" in capability`:                             `capabilities contains "x"`,
		`labels.a.b is empty`:                           `labels["a.b"] is empty`,
		`shard > 1 and (epoch < 2 and name matches x)`:  `epoch < "2" and name matches "x" and shard > "1"`,
		`(shard > 1 or epoch < 2) and name matches x`:   `(epoch < "2" or shard > "1") and name matches "x"`,
		`shard > 1 and epoch < 2 or shard > 1`:          `epoch < "2" and shard > "1" or shard > "1"`,
		`not (shard > 1 or (shard > 1 or health == x))`: `not (health in ["x"] or shard > "1")`,
		`not not (name is not empty)`:                   `not not name is not empty`,
	} {
		n, err := parse(filter)
		if err != nil {
			t.Errorf("%s: %v", filter, err)
		} else if n.String() != want {
			t.Errorf("%s\n got %s\nwant %s", filter, n, want)
		}
	}
}

// No filter makes the parser panic; what is accepted is written back in a form that
// reads as the same filter, and its faults point into the text.
func FuzzFilter(f *testing.F) {
	for _, seed := range []string{
		`"x" in capabilities and not (labels["a.b"] == "1" or status in [running, "stopped"])`,
		"name matches `^a+$` or metadata.x is not empty", `health.state != passing`, `((`, `"\x`, `a not in b`, `not`,
		`labels[a][b] < -5`, "\"\\u00e9\xff\"", `revision >= 007`,
	} {
		f.Add(seed)
	}
	record := planner()
	f.Fuzz(func(t *testing.T, filter string) {
		c, err := Compile(roster.Query{Filter: filter})
		if err != nil {
			e, ok := err.(*roster.Error)
			if !ok || e.Code != roster.CodeInvalid || e.Position < 1 || e.Position > len(filter)+1 || e.Detail == "" {
				t.Fatalf("%q: %#v", filter, err)
			}
			return
		}
		if c.filter == nil || len(c.filter.String()) > roster.FilterBytesMax {
			return
		}
		text := c.filter.String()
		again, err := Compile(roster.Query{Filter: text})
		if err != nil {
			t.Fatalf("%q was written as %q: %v", filter, text, err)
		}
		if got := again.filter.String(); got != text || again.Hash() != c.Hash() {
			t.Fatalf("%q was written as %q, then as %q", filter, text, got)
		}
		if again.Match(record) != c.Match(record) {
			t.Fatalf("%q and %q answer differently", filter, text)
		}
	})
}
