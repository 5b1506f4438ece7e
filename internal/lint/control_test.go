package lint

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// TestControls runs the rules over a module that breaks each of them. Where a line
// says "want rule …", exactly those rules must find it, and nothing else may be
// found: so a checker that sees nothing fails here, and so does one that sees ghosts.
func TestControls(t *testing.T) {
	dir, want := unpack(t, "testdata/bad.txtar")
	tree, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	allowed, err := ParseArrows(".:\nbad:\nquery: bad\nfsm: bad\nfsm/table: bad\nlong: bad\ntidy: bad\ncmd/tool: tidy")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, f := range append(tree.Check(), tree.CheckArrows(allowed)...) {
		got[fmt.Sprintf("%s:%d %s", f.File, f.Line, f.Rule)] = true
	}
	for _, w := range slices.Sorted(maps.Keys(want)) {
		if !got[w] {
			t.Errorf("not found: %s", w)
		}
	}
	for _, g := range slices.Sorted(maps.Keys(got)) {
		if !want[g] {
			t.Errorf("found without reason: %s", g)
		}
	}
	for _, rule := range Rules {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(want)), func(w string) bool { return strings.HasSuffix(w, " "+rule) }) {
			t.Errorf("rule %s has no control", rule)
		}
	}
}

// unpack writes the archive into a new directory and collects what its lines want.
// The archive's own comment holds lines of "want file:line rule", without a line for
// files as a whole.
// Words that the rules would find in the archive itself stand there in braces.
func unpack(t *testing.T, name string) (dir string, want map[string]bool) {
	t.Helper()
	archive, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	words := strings.NewReplacer("{later}", "TO"+"DO", "{home}", "/ro"+"ot/x", "{long}", strings.Repeat("\tn++\n", FunctionLinesMax),
		"{longer}", strings.Repeat("//\n", FileLinesMax), "{most}", strings.Repeat("const _ = 0\n", PackageLinesMax), "{sleep}", "time."+"Sleep")
	dir, want = t.TempDir(), map[string]bool{}
	for line := range strings.Lines(string(archive.Comment)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "want" {
			where := f[1]
			if !strings.Contains(where, ":") {
				where += ":0"
			}
			want[where+" "+f[2]] = true
		}
	}
	for _, f := range archive.Files {
		text := words.Replace(string(f.Data))
		file := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		n := 0
		for line := range strings.Lines(text) {
			n++
			if _, rules, found := strings.Cut(line, "want: "); found {
				for _, rule := range strings.Fields(strings.TrimSuffix(strings.TrimSpace(rules), "-->")) {
					want[fmt.Sprintf("%s:%d %s", f.Name, n, rule)] = true
				}
			}
		}
	}
	return dir, want
}
