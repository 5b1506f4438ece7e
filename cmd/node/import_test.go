package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"roster"
	"roster/cmd/node/intake"
)

func TestImportOfServers(t *testing.T) {
	c := newCLI(t)
	first := c.run("agents", "import", "--format", "mcp-servers", "intake/testdata/servers.jsonl")
	if first.status != 0 {
		t.Fatalf("exit %d\n%s", first.status, first.stderr)
	}
	has(t, "first import", first.stdout, "created 3  updated 0  unchanged 0  refused 6")
	has(t, "first import", first.stderr, "line 4: the entry has no name", "line 6: id: name \"org.example.böse name\"",
		"line 7: the agent is already on line 2", "line 8: not an entry", "line 9: not an entry", "line 10: not an entry", "token ")
	second := c.run("agents", "import", "--format", "mcp-servers", "--strict", "intake/testdata/servers.jsonl")
	if second.status != 4 {
		t.Errorf("--strict with refusals: exit %d, want 4", second.status)
	}
	has(t, "second import", second.stdout, "created 0  updated 0  unchanged 3  refused 6")

	var got struct{ Agents []roster.Record }
	if err := json.Unmarshal([]byte(c.ok("agents", "list", "-o", "json")), &got); err != nil {
		t.Fatal(err)
	}
	want := map[roster.AgentID]string{
		"mcp/org.example.weather-map": "package/docker,package/npm | repository=https://example.org/weather,version=1.0.0 | ",
		"mcp/org.example.tides":       "package/unknown,remote | repository=https://example.org/tides | ",
		"mcp/org.example.long":        "package/unknown,remote | version=1 | repository",
	}
	for _, record := range got.Agents {
		var kept []string
		for key := range record.Metadata.All() {
			kept = append(kept, key)
		}
		text := fmt.Sprintf("%s | %s | %s", capabilities(&record), pairs(record.Labels), strings.Join(kept, ","))
		if text != want[record.ID] {
			t.Errorf("%s = %q, want %q", record.ID, text, want[record.ID])
		}
	}
	if len(got.Agents) != len(want) {
		t.Errorf("%d agents, want %d", len(got.Agents), len(want))
	}
}

// What a node refuses in a body is refused in a line, in words for people.
func TestImportIsAsStrictAsTheAPI(t *testing.T) {
	c := newCLI(t)
	for line, want := range map[string]string{
		`{"id":"t/x","id":"t/y"}`:  "line 1: id: the key is there twice (at byte 13)",
		`{"ID":"t/x"}`:             "line 1: ID: unknown field",
		`[]`:                       "line 1: want an object, not an array",
		`{"id":"t/x"`:              "line 1: the JSON ends too early",
		`nonsense`:                 "line 1: ",
		`{"id":"t/x"} {}`:          "line 1: more follows",
		`{"id":"t/x","labels":[]}`: "line 1: labels: want an object",
	} {
		got := c.feed(line, "agents", "import", "-", "--strict")
		if got.status != 4 || strings.Contains(got.stderr, "json:") || strings.Contains(got.stderr, "roster.Agent") {
			t.Errorf("%s: exit %d\n%s", line, got.status, got.stderr)
		}
		has(t, line, got.stderr, want)
		if one := c.feed(line, "agents", "register", "-f", "-"); one.status != exitUsage {
			t.Errorf("register -f: %s: exit %d\n%s", line, one.status, one.stderr)
		}
	}
}

func TestImportOfAgents(t *testing.T) {
	c := newCLI(t)
	long := `{"id":"demo/long","description":"` + strings.Repeat("x", intake.LineBytesMax) + `"}`
	lines := []string{`{"id":"demo/a"}`, "", long, `{"id":"demo/b","labels":{"k":"v"}}`, "{\"id\":\"demo/\xff\"}", `{"id":"demo/c","what":1}`, `{"id":"demo/d"}`}
	got := c.feed(strings.Join(lines, "\n"), "agents", "import", "-", "-o", "json")
	if got.status != 0 {
		t.Fatalf("exit %d\n%s", got.status, got.stderr)
	}
	var body intake.Report
	if err := json.Unmarshal([]byte(got.stdout), &body); err != nil {
		t.Fatal(err)
	}
	if body.Created != 3 || body.Refused != 3 || body.Token == "" {
		t.Errorf("import = %+v", body)
	}
	var at []int
	for _, r := range body.Refusals {
		at = append(at, r.Line)
	}
	if fmt.Sprint(at) != "[3 5 6]" {
		t.Errorf("refused lines %v, want 3 5 6", at)
	}
	lines[0] = `{"id":"demo/a","description":"new"}`
	has(t, "changed", c.feed(lines[0]+"\n"+lines[3], "agents", "import", "-").stdout, "created 0  updated 1  unchanged 1  refused 0")
}

func TestImportInBatches(t *testing.T) {
	c := newCLI(t)
	var b strings.Builder
	for i := range 2*roster.BatchMax + 1 {
		fmt.Fprintf(&b, "{\"id\":\"many/a%d\"}\n", i)
	}
	has(t, "many", c.feed(b.String(), "agents", "import", "-").stdout, "created 2001  updated 0")
}

func TestImportTellsWhenNodesFail(t *testing.T) {
	c := &cli{t: t, env: map[string]string{"ROSTER_ADDR": "127.0.0.1:1"}}
	got := c.feed(`{"id":"demo/a"}`, "agents", "import", "-")
	if got.status != 5 {
		t.Errorf("exit %d, want 5\n%s", got.status, got.stderr)
	}
}
