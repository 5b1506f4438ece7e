package verdict

import (
	"fmt"
	"strings"

	"roster"
	"roster/loadgen/report"
)

// FalseAlarmMax is how likely a comparison of equal builds may be to alarm, over all
// relative lines of its budget together.
const FalseAlarmMax = 0.02

// alarm is what the test is given, so that the bound holds with room.
const alarm = 0.75 * FalseAlarmMax

// nearMax bounds how many figures an error names.
const nearMax = 12

// Finding is what became of one figure.
type Finding struct {
	Name   string  `json:"name"`
	Base   float64 `json:"base"` // medians
	New    float64 `json:"new"`
	Unit   string  `json:"unit"`
	Limit  string  `json:"limit"`  // as the budget says it
	Breach bool    `json:"breach"` // the budget is exceeded
	// Unproven says that the figure is beyond its limit, but no further than noise
	// reaches: repeat more often.
	Unproven bool    `json:"unproven,omitempty"`
	Worse    float64 `json:"worse"`            // by which part it worsened; less than 0: it got better
	Chance   float64 `json:"chance,omitempty"` // that noise alone makes so much
	Text     string  `json:"text"`             // operation.metric: actual > budget
}

// Comparison is a base and a new report beside each other.
type Comparison struct {
	Findings []Finding `json:"findings"`
	Notes    []string  `json:"notes,omitempty"`
}

// Breaches returns what exceeds the budget.
func (c Comparison) Breaches() []Finding {
	var out []Finding
	for _, f := range c.Findings {
		if f.Breach {
			out = append(out, f)
		}
	}
	return out
}

// pair is one figure in both reports, and the line that binds it.
type pair struct {
	line  Line
	limit limit
	base  report.Median
	next  report.Median
}

// Compare holds next against base and against the budget. planted worsens every figure
// of next by that part first: how one sees that a gate closes. Errors are faults of the
// budget: lines that no figure answers to, limits that cannot be read.
func Compare(budget Budget, base, next report.Report, planted float64) (Comparison, error) {
	if base.Profile != next.Profile {
		return Comparison{}, roster.Invalid("report", "the base is of profile %s, the new one of %s: they cannot be compared", base.Profile, next.Profile)
	}
	pairs, err := pairsOf(budget, base.Medians(), next.Medians())
	if err != nil {
		return Comparison{}, err
	}
	out := Comparison{Findings: make([]Finding, len(pairs))}
	if fmt.Sprint(base.Setting) != fmt.Sprint(next.Setting) {
		out.Notes = append(out.Notes, fmt.Sprintf("the settings differ: %v and %v", base.Setting, next.Setting))
	}
	var chances []float64 // of the relative lines
	for i, p := range pairs {
		pairs[i].next = worsened(p.next, planted)
		if p.limit.relative {
			chances = append(chances, pairs[i].chance())
		}
	}
	alone := leastChance(len(base.Runs), len(next.Runs)) > alarm/float64(max(len(chances), 1))
	if alone && len(chances) > 0 {
		out.Notes = append(out.Notes, fmt.Sprintf("%d and %d runs are too few to tell noise from change: the limits decided alone; use --repeat 12", len(base.Runs), len(next.Runs)))
	}
	sure := proven(chances, alarm)
	for i, p := range pairs {
		switch {
		case !p.limit.relative:
			out.Findings[i] = p.absolute()
			continue
		case alone:
			out.Findings[i] = p.limited()
		default:
			out.Findings[i] = p.tested(chances[0], sure[0])
		}
		chances, sure = chances[1:], sure[1:]
	}
	return out, nil
}

// pairsOf finds the figures that the budget is about, in its order.
func pairsOf(budget Budget, base, next []report.Median) ([]pair, error) {
	var out []pair
	for _, line := range budget {
		found := false
		for _, n := range next {
			if !line.matches(n.Figure) {
				continue
			}
			found = true
			limit, err := limitOf(line, n.Figure)
			if err != nil {
				return nil, err
			}
			b, has := figure(base, n.Name)
			if !has && limit.relative {
				return nil, roster.Invalid("budget", "%s: the base has no such figure", n.Name)
			}
			out = append(out, pair{line, limit, b, n})
		}
		if !found && !optional(line) {
			return nil, roster.Invalid("budget", "%s: the new report has no such figure%s", line.Name, near(line.Name, next))
		}
	}
	return out, nil
}

// optional reports whether a line of the default budget may go without a figure: not
// every run has checkers or reaches the nodes' metrics.
func optional(line Line) bool {
	for _, d := range Default() {
		if d == line {
			return true
		}
	}
	return false
}

func figure(all []report.Median, name string) (report.Median, bool) {
	for _, m := range all {
		if m.Name == name {
			return m, true
		}
	}
	return report.Median{}, false
}

// near lists the figures that share the operation or the metric of a name.
func near(name string, all []report.Median) string {
	operation, metric, _ := strings.Cut(name, ".")
	var names []string
	for _, m := range all {
		if o, rest, _ := strings.Cut(m.Name, "."); (o == operation || rest == metric) && len(names) < nearMax {
			names = append(names, m.Name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return ": it has " + strings.Join(names, ", ")
}

// worsened returns m with every value worse by a part.
func worsened(m report.Median, part float64) report.Median {
	if part == 0 {
		return m
	}
	by := 1 + part
	if m.More {
		by = 1 / by
	}
	all := make([]float64, len(m.All))
	for i, v := range m.All {
		all[i] = v * by
	}
	m.All, m.Value = all, m.Value*by
	return m
}

// finding is what is known before anything is decided.
func (p pair) finding() Finding {
	return Finding{Name: p.next.Name, Base: p.base.Value, New: p.next.Value, Unit: p.next.Unit, Limit: p.line.Limit,
		Worse: worse(p.base.Value, p.next.Value, p.next.More)}
}

// absolute holds the new figure against a limit of its own.
func (p pair) absolute() Finding {
	f := p.finding()
	than := ">"
	f.Breach = f.New > p.limit.value
	if p.next.More {
		than, f.Breach = "<", f.New < p.limit.value
	}
	f.Text = fmt.Sprintf("%s: %s %s %s", f.Name, amount(f.New, f.Unit), than, f.Limit)
	return f
}

// limited holds the change against the limit alone.
func (p pair) limited() Finding {
	f := p.finding()
	f.Breach = f.Worse >= p.limit.value-1e-9
	f.Text = fmt.Sprintf("%s: %+.1f%% > %s (%s -> %s)", f.Name, 100*p.change(), f.Limit, amount(f.Base, f.Unit), amount(f.New, f.Unit))
	return f
}

// tested holds the change against half the limit, if it is proven.
func (p pair) tested(chance float64, proven bool) Finding {
	f := p.finding()
	f.Chance = chance
	f.Breach = proven && f.Worse > p.limit.value/2
	f.Unproven = !proven && f.Worse >= p.limit.value-1e-9
	f.Text = fmt.Sprintf("%s: %+.1f%% > half of %s (%s -> %s, chance %.1g)", f.Name, 100*p.change(), f.Limit, amount(f.Base, f.Unit), amount(f.New, f.Unit), chance)
	return f
}

// change is by which part the figure rose.
func (p pair) change() float64 {
	if p.base.Value == 0 {
		return 1
	}
	return (p.next.Value - p.base.Value) / p.base.Value
}

// chance is how likely noise alone makes the new values so bad.
func (p pair) chance() float64 {
	if !p.next.More {
		return Chance(p.base.All, p.next.All)
	}
	return Chance(negated(p.base.All), negated(p.next.All))
}

func negated(values []float64) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = -v
	}
	return out
}

// worse is by which part a figure worsened. From zero, anything is all of it.
func worse(base, next float64, more bool) float64 {
	if base == 0 {
		if next == 0 || more {
			return 0
		}
		return 1
	}
	if more {
		return (base - next) / base
	}
	return (next - base) / base
}

// amount writes a value with its unit.
func amount(value float64, unit string) string {
	return strings.TrimSpace(fmt.Sprintf("%.4g%s", value, unit))
}
