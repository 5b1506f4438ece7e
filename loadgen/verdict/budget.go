package verdict

import (
	"cmp"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"roster"
	"roster/loadgen/report"
)

// Bounds of a budget.
const (
	budgetBytesMax = 64 << 10
	budgetLinesMax = 200
)

// Line is one line of a budget.
type Line struct {
	Name  string // operation.metric; "*.metric" binds every operation
	Limit string // as it was written
}

// Budget is what figures may come to.
type Budget []Line

// Default is the budget of those who have none: the figures that say most and are least
// noisy may not worsen by 15 %, and nothing may go wrong.
func Default() Budget {
	return Budget{{"*.p50", "+15%"}, {"all.errors", "0"}, {"checks.violations", "0"}, {"nodes.cpu", "+15%"}}
}

// ReadBudget reads a budget in YAML or JSON: one map of names to limits.
func ReadBudget(r io.Reader) (Budget, error) {
	raw, err := io.ReadAll(io.LimitReader(r, budgetBytesMax+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > budgetBytesMax {
		return nil, roster.Errorf(roster.CodeTooLarge, "more than %d bytes: not a budget", budgetBytesMax)
	}
	var lines map[string]string
	if err := yaml.Unmarshal(raw, &lines); err != nil {
		return nil, roster.Invalid("budget", "want lines such as lookup.p99: 50ms or lookup.p50: +15%%: %s", firstLine(err))
	}
	if len(lines) == 0 || len(lines) > budgetLinesMax {
		return nil, roster.Invalid("budget", "%d lines: want 1 to %d", len(lines), budgetLinesMax)
	}
	var out Budget
	for _, name := range slices.Sorted(maps.Keys(lines)) {
		if operation, metric, ok := strings.Cut(name, "."); !ok || operation == "" || metric == "" {
			return nil, roster.Invalid("budget", "%q: want operation.metric, such as lookup.p99", name)
		}
		out = append(out, Line{name, strings.TrimSpace(lines[name])})
	}
	return out, nil
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// limit is what a line allows a figure.
type limit struct {
	relative bool
	value    float64 // in the figure's unit; relative: a part, 0.15 for 15 %
}

// limitOf reads what line says of a figure.
func limitOf(line Line, f report.Figure) (limit, error) {
	bad := func(want string) error {
		return roster.Invalid("budget", "%s: %s: want %s", f.Name, line.Limit, want)
	}
	if part, ok := strings.CutSuffix(line.Limit, "%"); ok {
		value, err := strconv.ParseFloat(part, 64)
		switch {
		case err != nil || value == 0:
			return limit{}, bad("a percentage such as +15%")
		case f.More && value > 0:
			return limit{}, bad("by how much it may fall, such as -15%: more is better")
		case !f.More && value < 0:
			return limit{}, bad("by how much it may rise, such as +15%: less is better")
		}
		return limit{true, max(value, -value) / 100}, nil
	}
	if f.Unit == "ms" || f.Unit == "us" {
		d, err := time.ParseDuration(line.Limit)
		if err != nil || d < 0 {
			return limit{}, bad("a time such as 50ms, or a percentage such as +15%")
		}
		return limit{value: float64(d) / float64(map[string]time.Duration{"ms": time.Millisecond, "us": time.Microsecond}[f.Unit])}, nil
	}
	value, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(line.Limit, f.Unit)), 64)
	if err != nil || value < 0 {
		return limit{}, bad("a number" + cmp.Or(" of "+f.Unit, "") + ", or a percentage such as +15%")
	}
	return limit{value: value}, nil
}

// matches reports whether the line is about a figure. A star stands for operations, not
// for what is of all of them, of the nodes or of the checkers.
func (l Line) matches(f report.Figure) bool {
	metric, star := strings.CutPrefix(l.Name, "*.")
	if !star {
		return l.Name == f.Name
	}
	operation, rest, _ := strings.Cut(f.Name, ".")
	return rest == metric && !slices.Contains([]string{report.All, "nodes", "checks"}, operation)
}
