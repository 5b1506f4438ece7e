package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"roster"
	"roster/cmd/node/survey/sight"
)

// Severity says how bad a finding is.
type Severity string

// The severities, the worst first.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Note    Severity = "note"
)

// Finding is one thing that is wrong.
type Finding struct {
	Severity Severity `json:"severity"`
	Check    string   `json:"check"` // the rule that found it
	What     string   `json:"what"`
	Why      string   `json:"why"`  // it matters
	Mend     string   `json:"mend"` // a command, or what to do
}

// Observed is what the rules judge.
type Observed struct {
	Cluster sight.Cluster
	Machine Machine
	Now     time.Time
}

// Machine is what was measured on the machine that asks. What is zero was not.
type Machine struct {
	Dir              string        // where it was measured
	SyncP50, SyncP99 time.Duration // of small writes that are synced
	Free, Size       uint64        // bytes of the file system
	Files            uint64        // how many files a process may open
}

// rule is one check.
type rule struct {
	name  string
	judge func(*Observed) []Finding
}

// all lists the rules in the order in which their findings are told.
var all = []rule{
	{"silent", silent}, {"down", down}, {"clusters", clusters}, {"quorum", quorum}, {"leaders", leaders}, {"ready", ready},
	{"replicas", replicas}, {"snapshots", snapshots}, {"map", mapLag}, {"drain", drain}, {"moves", moves}, {"spread", spread},
	{"versions", versions}, {"expect", expect}, {"clock", clocks}, {"certificate", certificates}, {"tokens", tokens}, {"doors", doors},
	{"disk", disk}, {"space", space}, {"files", files}, {"durability", durability}, {"untold", untold},
}

// Examine judges what was observed; the worst findings come first.
func Examine(o Observed) []Finding {
	out := []Finding{}
	for _, r := range all {
		for _, f := range r.judge(&o) {
			f.Check = r.name
			out = append(out, f)
		}
	}
	slices.SortStableFunc(out, func(a, b Finding) int { return cmp.Compare(rank(a.Severity), rank(b.Severity)) })
	return out
}

// Checks names what Examine looks at.
func Checks() []string {
	names := make([]string, len(all))
	for i, r := range all {
		names[i] = r.name
	}
	return names
}

// Failed reports whether some finding is an error.
func Failed(findings []Finding) bool {
	return slices.ContainsFunc(findings, func(f Finding) bool { return f.Severity == Error })
}

func rank(s Severity) int { return slices.Index([]Severity{Error, Warning, Note}, s) }

// one is a single finding, its text put together.
func one(s Severity, why, mend, what string, args ...any) []Finding {
	return []Finding{{Severity: s, What: fmt.Sprintf(what, args...), Why: why, Mend: mend}}
}

// joined lists ids as people read them.
func joined[T roster.ShardID | roster.NodeID](ids []T) string {
	words := make([]string, len(ids))
	for i, id := range ids {
		words[i] = fmt.Sprint(id)
	}
	return strings.Join(words, ", ")
}

// count says how many, with the right word.
func count(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
