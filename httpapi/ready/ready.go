package ready

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"roster"
	"roster/httpapi/wire"
)

// Answer is the body of a node that is ready.
type Answer struct {
	Ready  bool           `json:"ready"`
	Checks []roster.Check `json:"checks,omitempty"`
}

// Told is an answer as it is sent.
type Told struct {
	Status int
	Type   string
	Body   []byte
}

// Tell answers who accepts these media types: 200 for a node that is ready, else 503. The
// checks are told to who wants it verbose.
func Tell(checks []roster.Check, verbose bool, accept string) Told {
	lacking, shown := Lacking(checks), checks
	if !verbose {
		shown = nil
	}
	status := http.StatusOK
	if lacking != "" {
		status = http.StatusServiceUnavailable
	}
	switch {
	case verbose && WantsText(accept):
		return Told{status, "text/plain; charset=utf-8", []byte(Text(checks))}
	case lacking != "":
		problem := wire.ProblemOf(roster.Errorf(roster.CodeUnavailable, "not ready: %s", lacking))
		problem.Checks = shown
		return Told{status, "application/problem+json", problem.Marshal()}
	}
	body, err := json.Marshal(Answer{Ready: true, Checks: shown})
	if err != nil { // it holds nothing that JSON cannot say
		body = []byte(`{"ready":true}`)
	}
	return Told{status, "application/json", body}
}

// Lacking names the checks that do not hold; "": the node is ready.
func Lacking(checks []roster.Check) string {
	var names []string
	for _, check := range checks {
		if !check.OK {
			names = append(names, check.Name)
		}
	}
	return strings.Join(names, ", ")
}

// WantsText reports whether who accepts these media types is a person: curl and browsers
// take anything, programs ask for JSON or, like Go's client, say nothing.
func WantsText(accept string) bool {
	return accept != "" && !strings.Contains(accept, "json")
}

// Text tells the checks, one a line, and ends with what they come to.
func Text(checks []roster.Check) string {
	width := 0
	for _, check := range checks {
		width = max(width, len(check.Name))
	}
	var b strings.Builder
	for _, check := range checks {
		mark := "[+]"
		if !check.OK {
			mark = "[-]"
		}
		b.WriteString(strings.TrimRight(fmt.Sprintf("%s %-*s  %s", mark, width, check.Name, check.Detail), " ") + "\n")
	}
	if lacking := Lacking(checks); lacking != "" {
		return b.String() + "not ready: " + lacking + "\n"
	}
	return b.String() + "ready\n"
}
