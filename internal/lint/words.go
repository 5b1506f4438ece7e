package lint

import (
	"go/ast"
	"path"
	"regexp"
	"slices"
	"strings"
)

// empty are words that fit every name and so name nothing.
var empty = []string{"manager", "helper", "helpers", "util", "utils", "common", "misc", "data", "info"}

// wordPattern finds the words of a camel-case or snake-case name.
var wordPattern = regexp.MustCompile(`[A-Z]+(?:[^A-Za-z]|$)|[A-Z]?[a-z]+|[A-Z]+`)

// unfinished finds notes of work that was left, pathPattern the paths of a machine.
// Both are put together here so that they do not find themselves.
var (
	unfinished  = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X)\b`)
	pathPattern = regexp.MustCompile(`(?:^|[\s"'=(:` + "`" + `])(/(?:wo` + `rk|ro` + `ot|tm` + `p|ho` + `me)/[A-Za-z0-9._-]+)`)
)

// testName finds the tests that documents name as their witness.
var testName = regexp.MustCompile(`\b(?:Test|Fuzz|Benchmark)[A-Z][A-Za-z0-9]+`)

// checkWitnesses reports tests that a document names and that do not exist.
func (t *Tree) checkWitnesses() []Finding {
	known := map[string]bool{}
	for _, p := range t.Packages {
		for _, f := range p.Files {
			for name := range declared(f.Syntax) {
				known[name] = true
			}
		}
	}
	var out []Finding
	for _, text := range t.Texts {
		n := 0
		for line := range strings.Lines(text.Source) {
			n++
			for _, name := range testName.FindAllString(line, -1) {
				if strings.HasSuffix(text.Name, ".md") && !known[name] {
					out = append(out, Finding{Rule: RuleWitness, Where: text.Name + " " + name, Size: 1, File: text.Name, Line: n, Text: "there is no " + name})
				}
			}
		}
	}
	return out
}

// checkWords reports packages, files, types and functions with an empty name.
func (t *Tree) checkWords(p *Package) []Finding {
	var out []Finding
	check := func(file string, line int, name string) {
		for _, w := range wordPattern.FindAllString(name, -1) {
			if slices.Contains(empty, strings.ToLower(w)) {
				out = append(out, Finding{Rule: RuleWord, Where: file + " " + name, Size: 1, File: file, Line: line, Text: name + ": " + w + " says nothing"})
			}
		}
	}
	check(p.Path, 0, path.Base(p.Path))
	for _, f := range p.Files {
		check(f.Name, 0, strings.TrimSuffix(path.Base(f.Name), ".go"))
		for _, d := range f.Syntax.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil && !f.Test {
					check(f.Name, t.line(d.Pos()), d.Name.Name)
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					if ts, ok := s.(*ast.TypeSpec); ok {
						check(f.Name, t.line(s.Pos()), ts.Name.Name)
					}
				}
			}
		}
	}
	return out
}

// checkTexts reports unfinished notes and machine paths in every text file.
func (t *Tree) checkTexts() []Finding {
	texts := slices.Clone(t.Texts)
	for _, p := range t.Packages {
		for _, f := range p.Files {
			texts = append(texts, Text{f.Name, f.Source})
		}
	}
	var out []Finding
	for _, text := range texts {
		n := 0
		for line := range strings.Lines(text.Source) {
			n++
			if m := unfinished.FindString(line); m != "" {
				out = append(out, Finding{Rule: RuleText, Where: text.Name, Size: 1, File: text.Name, Line: n, Text: m})
			}
			if m := pathPattern.FindStringSubmatch(line); m != nil {
				out = append(out, Finding{Rule: RulePath, Where: text.Name, Size: 1, File: text.Name, Line: n, Text: "absolute path " + m[1]})
			}
		}
	}
	return out
}
