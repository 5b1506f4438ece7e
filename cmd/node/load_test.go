package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestLoadStory runs a load, shows it in every form and holds it against budgets.
func TestLoadStory(t *testing.T) {
	c := newCLI(t)
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	budget := func(name, text string) string {
		if err := os.WriteFile(file(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file(name)
	}
	quick := []string{"load", "run", "steady", "--duration", "300ms", "--warmup", "0s", "--agents", "50", "--rate", "300"}
	out := c.run(append(quick, "--out", file("base.json"))...)
	if out.status != 0 {
		t.Fatalf("exit %d\n%s%s", out.status, out.stdout, out.stderr)
	}
	has(t, "run", out.stdout, "OPERATION", "lookup", "check linearizable")
	has(t, "run", out.stderr, "wrote "+file("base.json"))
	has(t, "report", c.ok("load", "report", file("base.json")), "OPERATION", "duration 300ms")
	c.ok("load", "report", file("base.json"), "--out", file("page.html"))
	if page, err := os.ReadFile(file("page.html")); err != nil || !strings.Contains(string(page), "<svg") {
		t.Errorf("the page: %v, %.100s", err, page)
	}
	has(t, "json", c.ok("load", "report", file("base.json"), "-o", "json"), `"format": 1`)

	steps := []struct {
		args           []string
		status         int
		stdout, stderr string
	}{
		{[]string{}, 0, "lookup.p50", "too few"},
		{[]string{"--budget", budget("wide.yaml", "lookup.p99: 1m\nall.errors: 0\nchecks.violations: 0\n")}, 0, "ok", ""},
		{[]string{"--budget", budget("tight.json", `{"lookup.p99": "1ns", "all.errors": 0}`)}, 1, "lookup.p99: ", "1 of 2 figures exceed the budget"},
		{[]string{"--planted", "15%"}, 1, "lookup.p50: +15.0% > +15%", "exceed the budget"},
		{[]string{"--planted", "15%", "-o", "json"}, 1, `"breach": true`, "exceed the budget"},
		{[]string{"--planted", "15"}, 2, "", "want a percentage"},
		{[]string{"--budget", budget("bad.yaml", "lookup.p99: fast\n")}, 2, "", "want a time"},
		{[]string{"--budget", budget("typo.yaml", "lookup.p98: 5ms\n")}, 2, "", "it has lookup."},
		{[]string{"--budget", file("none.yaml")}, 2, "", "no such file"},
	}
	for _, step := range steps {
		got := c.run(append([]string{"load", "compare", file("base.json"), file("base.json")}, step.args...)...)
		if got.status != step.status {
			t.Errorf("compare %v: exit %d, want %d\n%s%s", step.args, got.status, step.status, got.stdout, got.stderr)
		}
		has(t, "compare: output", got.stdout, step.stdout)
		has(t, "compare: error output", got.stderr, step.stderr)
	}
}

func TestLoadUsage(t *testing.T) {
	c := newCLI(t)
	empty := filepath.Join(t.TempDir(), "empty.json")
	if err := os.WriteFile(empty, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{
		"load":                                "say which command",
		"load rnu":                            "did you mean run?",
		"load run":                            "one profile of burst",
		"load run stedy":                      "did you mean steady?",
		"load run nonsense":                   "want one of burst",
		"load run steady --rat 5":             "did you mean --rate?",
		"load run steady --rate 0":            "--rate 0: want more than 0",
		"load run steady --rate -5":           "--rate -5: want more than 0",
		"load run steady --scale 1e9":         "--scale 1e+09",
		"load run steady --duration x":        "want a time such as",
		"load run steady --duration 0s":       "want more than 0",
		"load run steady --mix lokup=1":       `"lokup" is no operation`,
		"load run steady --mix lookup":        "want name=weight",
		"load run steady --mix find=1,find=2": "stands twice",
		"load run burst --closed 5":           "--closed",
		"load run steady --repeat 0":          "want 1 to 100",
		"load run steady -o xml":              "want text, json, html",
		"load run steady --addr http://x/y":   "want host:port",
		"load report":                         "one file of",
		"load report nowhere.json":            "no such file",
		"load report " + empty:                "not a report",
		"load compare " + empty:               "two files of",
	} {
		got := c.run(strings.Fields(args)...)
		if got.status != exitUsage || got.stdout != "" {
			t.Errorf("roster %s: exit %d, want 2 and nothing on standard output\n%s%s", args, got.status, got.stdout, got.stderr)
		}
		has(t, "roster "+args, got.stderr, want)
	}
	if got := c.run("load", "run", "steady", "--addr", "127.0.0.1:1"); got.status != 5 {
		t.Errorf("exit %d without a node, want 5\n%s", got.status, got.stderr)
	}
}
