package lint

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Arrows says, for each package, what it imports: packages of this module by their
// path in it (the root is "roster"), other modules by module path. The standard
// library is left out, and so are test files.
type Arrows map[string][]string

// ParseArrows reads lines of "package: import import …".
func ParseArrows(text string) (Arrows, error) {
	a := Arrows{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		from, to, found := strings.Cut(line, ":")
		if _, twice := a[from]; !found || twice {
			return nil, fmt.Errorf("arrows: %q: want one line a package, with a colon", line)
		}
		a[from] = strings.Fields(to)
	}
	return a, nil
}

// Arrows returns what the source draws.
func (t *Tree) Arrows() Arrows {
	a := Arrows{}
	for _, p := range t.Packages {
		to := map[string]bool{}
		for _, f := range p.Files {
			for _, imp := range f.Syntax.Imports {
				if target := t.target(importPath(imp)); target != "" && !f.Test {
					to[target] = true
				}
			}
		}
		if p.hasCode() {
			a[t.room(p.Path)] = slices.Sorted(maps.Keys(to))
		}
	}
	return a
}

// room names a package in the arrow table.
func (t *Tree) room(rel string) string {
	if rel == "." {
		return t.Module
	}
	return rel
}

// target names an import in the arrow table; "" for the standard library.
func (t *Tree) target(path string) string {
	if path == t.Module {
		return path
	}
	if rel, inside := strings.CutPrefix(path, t.Module+"/"); inside {
		return rel
	}
	best := ""
	for _, r := range t.requires {
		if (path == r || strings.HasPrefix(path, r+"/")) && len(r) > len(best) {
			best = r
		}
	}
	return best
}

// CheckArrows reports every arrow in the source that allowed does not hold.
func (t *Tree) CheckArrows(allowed Arrows) []Finding {
	var out []Finding
	drawn := t.Arrows()
	for _, from := range slices.Sorted(maps.Keys(drawn)) {
		to, known := allowed[from]
		if !known {
			out = append(out, arrowFinding(from, "", "package "+from+" is not in the arrow table"))
		}
		for _, target := range drawn[from] {
			if known && !slices.Contains(to, target) {
				out = append(out, arrowFinding(from, target, from+" must not import "+target))
			}
		}
	}
	return out
}

// Trim returns allowed without the arrows that nothing draws any more.
func (a Arrows) Trim(drawn Arrows) Arrows {
	out := Arrows{}
	for from, to := range a {
		if targets, there := drawn[from]; there {
			out[from] = slices.DeleteFunc(slices.Clone(to), func(s string) bool { return !slices.Contains(targets, s) })
		}
	}
	return out
}

// String returns the lines that ParseArrows reads, in order.
func (a Arrows) String() string {
	var b strings.Builder
	for _, from := range slices.Sorted(maps.Keys(a)) {
		line := from + ": " + strings.Join(a[from], " ")
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

func arrowFinding(from, to, text string) Finding {
	return Finding{Rule: RuleArrow, Where: strings.TrimSpace(from + " " + to), Size: 1, File: from, Text: text}
}
