package lint

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "bring arrows.txt and ratchet.txt down to what the source says")

const (
	arrowsFile  = "testdata/arrows.txt"
	ratchetFile = "testdata/ratchet.txt"
)

// TestHouse holds the whole module to the rules.
func TestHouse(t *testing.T) {
	tree, err := Load("../..")
	if err != nil {
		t.Fatal(err)
	}
	allowed, err := ParseArrows(read(t, arrowsFile))
	if err != nil {
		t.Fatal(err)
	}
	known, err := ParseRatchet(read(t, ratchetFile))
	if err != nil {
		t.Fatal(err)
	}
	findings := tree.Check()
	if *rewrite {
		allowed, known = allowed.Trim(tree.Arrows()), known.Shrink(findings)
		write(t, arrowsFile, allowed.String())
		write(t, ratchetFile, known.String())
	}
	open, stale := known.Apply(findings)
	if len(open) > 0 {
		t.Logf("what a reader may accept into the ratchet, line by line:\n%s", Ratchet(sizes(open)))
	}
	open = append(open, tree.CheckArrows(allowed)...)
	for _, rule := range Rules {
		t.Run(rule, func(t *testing.T) {
			for _, f := range open {
				if f.Rule == rule {
					t.Error(f)
				}
			}
		})
	}
	for _, s := range stale {
		t.Errorf("%s; run go test ./internal/lint -rewrite", s)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// write replaces a file's lines and keeps the comment that it begins with.
func write(t *testing.T, name, lines string) {
	t.Helper()
	var head strings.Builder
	for line := range strings.Lines(read(t, name)) {
		if !strings.HasPrefix(line, "#") {
			break
		}
		head.WriteString(line)
	}
	if err := os.WriteFile(name, []byte(head.String()+lines), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestRatchet(t *testing.T) {
	known, err := ParseRatchet("# known\nfile-length 450 a.go\nany 2 b.go\ninit 1 gone.go\n")
	if err != nil {
		t.Fatal(err)
	}
	findings := []Finding{
		{Rule: RuleFile, Where: "a.go", Size: 451},
		{Rule: RuleAny, Where: "b.go", Size: 1},
		{Rule: RuleAny, Where: "new.go", Size: 1},
	}
	open, stale := known.Apply(findings)
	if len(open) != 2 || open[0].Where != "a.go" || open[1].Where != "new.go" {
		t.Errorf("open %v; want the grown a.go and new.go", open)
	}
	if len(stale) != 2 || !strings.HasPrefix(stale[0], "any b.go") || !strings.HasPrefix(stale[1], "init gone.go") {
		t.Errorf("stale %q; want the shrunken b.go and gone.go", stale)
	}
	if got, want := known.Shrink(findings).String(), "any 1 b.go\nfile-length 450 a.go\n"; got != want {
		t.Errorf("shrunk to %q; want %q: nothing added, nothing grown", got, want)
	}
	for _, bad := range []string{"any b.go", "any x b.go", "any 0 b.go"} {
		if _, err := ParseRatchet(bad); err == nil {
			t.Errorf("ParseRatchet(%q) took a malformed line", bad)
		}
	}
}

func TestArrows(t *testing.T) {
	allowed, err := ParseArrows("# table\nm:\nm/a: m x.org/y\nm/b: m\n")
	if err != nil {
		t.Fatal(err)
	}
	drawn := Arrows{"m": nil, "m/a": {"m"}}
	if got, want := allowed.Trim(drawn).String(), "m:\nm/a: m\n"; got != want {
		t.Errorf("trimmed to %q; want %q", got, want)
	}
	for _, bad := range []string{"m/a m", "m:\nm:"} {
		if _, err := ParseArrows(bad); err == nil {
			t.Errorf("ParseArrows(%q) took a malformed table", bad)
		}
	}
}

func TestCodeLines(t *testing.T) {
	source := "package p\n\n// why\nconst s = `one\ntwo\nthree`\n\n/* long\ncomment */\nvar a, b = 1,\n\t2\n"
	if got := codeLines(source); got != 6 {
		t.Errorf("codeLines = %d; want 6", got)
	}
	if !slices.Contains(Rules, RuleModule) {
		t.Error("Rules is not complete")
	}
}
