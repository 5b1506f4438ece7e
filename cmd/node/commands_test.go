package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// step is one command line and what it must come to.
type step struct {
	args   string // split at spaces; "_" stands for one
	stdin  string
	status int
	stdout string
	stderr string
}

// story is told in order: each step builds on those before. secret is a file.
func story(secret string) []step {
	return []step{
		{"agents register demo/a --capability greet@1.0 --capability @scope/x --label lang=en --endpoint http=https://a.example.org --description Says_hello --metadata k=v --secret-file " + secret, "", 0, "created demo/a", "token "},
		{"agents register demo/a", "", 4, "", "conflict"},
		{"agents register demo/a --put --capability greet@2.0", "", 0, "updated demo/a", "token "},
		{"agents register --id demo/b -o json", "", 0, `"outcome": "created"`, ""},
		{"agents register -f -", `{"id":"demo/c","capabilities":[{"name":"plan","version":"1","attributes":{}}]}`, 0, "created demo/c", ""},
		{"agents register -f -", `{"id":"demo/c","colour":"red"}`, 2, "", "colour: unknown field"},
		{"agents register -f -", `{"id":"demo/c"} x`, 2, "", "after the JSON value"},
		{"agents register -f - --label a=b", `{"id":"demo/c"}`, 2, "", "--label: the file already says it all"},
		{"agents register", "", 2, "", "say which agent"},
		{"agents register nowhere", "", 2, "", "has no slash"},
		{"agents register demo/x --label oops", "", 2, "", "want key=value"},
		{"agents register demo/x --endpoint u=file:///etc/passwd", "", 2, "", "schemes"},
		{"agents get demo/c", "", 0, "plan@1", ""},
		{"agents get demo/zz", "", 3, "", "not found"},
		{"agents get demo/a --read eventually", "", 2, "", "read level"},
		{"agents get demo/a --after nonsense", "", 2, "", "not a token"},
		{"agents find --capability greet", "", 0, "demo/a", ""},
		{"agents find --capability greet -o yaml", "", 0, "id: demo/a", ""},
		{"agents find --filter id_==_\"demo/b\" --explain", "", 0, "demo/b", "plan: "},
		{"agents find --filter id_==", "", 2, "", "at byte"},
		{"agents find --limit 0", "", 2, "", "want 1 to 1000"},
		{"agents list --limit 1", "", 0, "demo/a", "There are more: --all"},
		{"agents list --limit 1 --all", "", 0, "demo/c", ""},
		{"agents update demo/a --label tier=gold --unlabel lang --description New", "", 0, "updated demo/a", "token "},
		{"agents get demo/a -o json", "", 0, `"tier": "gold"`, ""},
		{"agents update demo/a -f -", `{"labels":{"tier":null}}`, 0, "updated demo/a", ""},
		{"agents update demo/a", "", 2, "", "say what to change"},
		{"agents update demo/a --description x --if-match 999999", "", 4, "", "read it again"},
		{"agents deregister demo/b demo/zz", "", 3, "removed demo/b", "demo/zz"},
		{"agents deregister demo/c --if-match 999999", "", 4, "", "revision"},
		{"sessions open s1 --ttl 10s", "", 0, "s1", "token "},
		{"sessions open s1", "", 4, "", "conflict"},
		{"sessions open s2 --ttl 1ms", "", 2, "", "ttl"},
		{"sessions get s1 -o json", "", 0, `"ttl": "10s"`, ""},
		{"sessions renew s1", "", 0, "renewed s1", ""},
		{"sessions end s1", "", 0, "ended s1", ""},
		{"sessions renew s1", "", 3, "", "gone"},
		{"members", "", 0, "alive", ""},
		{"members -o json", "", 0, `"members": [`, ""},
		{"shards -o yaml", "", 0, "shards:", ""},
		{"status", "", 0, "durability", ""},
		{"nodes list", "", 0, "memory-00000000  alive  ok", ""},
		{"nodes list -o json", "", 0, `"draining": false`, ""},
		{"nodes list -o yaml", "", 0, "nodes:", ""},
		{"doctor", "", 0, "nothing is written to disk", ""},
		{"doctor -o json", "", 0, `"severity": "note"`, ""},
		{"doctor --data-dir nowhere/at/all", "", 2, "", "--data-dir"},
		{"top --once --every 50ms", "", 0, "SHARD", ""},
		{"top --once --every 50ms -o json", "", 0, `"routes": [`, ""},
		{"top --once --every 1ms", "", 2, "", "want at least 50ms"},
		{"debug --cpu 60", "", 2, "", "want 0 to 20"},
		{"healthcheck", "", 0, "", ""},
		{"version -o json", "", 0, `"version": "` + releaseVersion, ""},
		{"leave", "", 4, "", "refused"},
	}
}

func TestCommandsInOrder(t *testing.T) {
	c := newCLI(t)
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("a secret of 20 bytes\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, step := range story(secret) {
		args := strings.Fields(step.args)
		for i := range args {
			args[i] = strings.ReplaceAll(args[i], "_", " ")
		}
		got := c.feed(step.stdin, args...)
		if got.status != step.status {
			t.Errorf("roster %s: exit %d, want %d\n%s%s", step.args, got.status, step.status, got.stdout, got.stderr)
		}
		has(t, step.args+": output", got.stdout, step.stdout)
		has(t, step.args+": error output", got.stderr, step.stderr)
		if got.status != 0 && step.stdout == "" && got.stdout != "" {
			t.Errorf("%s failed but printed %q", step.args, got.stdout)
		}
	}
}

func TestUsageErrorsSuggest(t *testing.T) {
	c := &cli{t: t}
	tests := map[string]string{
		"agnts":                        "did you mean agents?",
		"agnts find --label x":         "did you mean agents?",
		"agents fnd":                   "did you mean find?",
		"agents find --lable a=b":      "did you mean --label?",
		"agents find --capabilty x":    "did you mean --capability?",
		"agents find --adr x":          "did you mean --addr?",
		"nod --expect 3":               "did you mean node?",
		"frobnicate":                   "try one of agents",
		"agents":                       "say which command",
		"":                             "say which command",
		"agents get":                   "usage: roster agents get ID",
		"agents get a/b c/d":           "usage: roster agents get ID",
		"members -o xml":               "want table, json or yaml",
		"members --addr http://x/y":    "want host:port",
		"members --timeout 0s":         "want more than 0",
		"agents find --limit lots":     "\"lots\" for \"--limit\" flag: want a whole number",
		"agents find --max-age soon":   "\"--max-age\" flag: want a time such as 500ms",
		"completion fsh":               "did you mean fish?",
		"completion":                   "say which command",
		"agents import x --format csv": "want agents or mcp-servers",
		"agents import /nowhere":       "no such file",
		"dev --nodes 0":                "want 1 to 9",
		"dev --http 0.0.0.0:7400":      "loopback",
	}
	for line, want := range tests {
		got := c.run(strings.Fields(line)...)
		if got.status != exitUsage {
			t.Errorf("roster %s: exit %d, want %d\n%s", line, got.status, exitUsage, got.stderr)
		}
		has(t, "roster "+line, got.stderr, want)
		if got.stdout != "" {
			t.Errorf("roster %s printed %q", line, got.stdout)
		}
	}
}

func TestNobodyThereExitsWith5(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	c := &cli{t: t, env: map[string]string{"ROSTER_ADDR": address}}
	for _, command := range []string{"members", "nodes list", "doctor", "top", "debug", "healthcheck", "agents get a/b", "leave"} {
		got := c.run(strings.Fields(command)...)
		if got.status != 5 {
			t.Errorf("%s: exit %d, want 5", command, got.status)
		}
		has(t, command, got.stderr, "cannot connect to http://"+address, "roster dev", "ROSTER_ADDR")
	}
}

func TestForms(t *testing.T) {
	c := newCLI(t)
	c.ok("agents", "register", "demo/a", "--capability", "greet@1.0", "--label", "lang=en", "--description", "Says\x1b[31m hello")
	tests := map[string]string{
		"table": "AGENT   CAPABILITIES  STATUS      HEALTH   LABELS   DESCRIPTION\n" +
			"demo/a  greet@1.0     registered  passing  lang=en  Says�[31m hello\n",
		"json": `{
  "agents": [
    {
      "id": "demo/a",
      "capabilities": [
        {
          "name": "greet",
          "version": "1.0",
          "attributes": {}
        }
      ],
      "labels": {
        "lang": "en"
      },
      "endpoints": [],
      "description": "Says\u001b[31m hello",
      "metadata": {},
      "on_end": "deregister",
      "owner": {
        "kind": "none",
        "id": ""
      },
      "status": "registered",
      "health": {
        "state": "passing",
        "reason": ""
      },
      "node": "",
      …,
      …,
      …,
      "created_at": "…",
      "updated_at": "…"
    }
  ],
  "cursor": "",
  …
}
`,
	}
	for form, want := range tests {
		if got := stable(c.ok("agents", "list", "-o", form)); got != want {
			t.Errorf("-o %s:\n%s\nwant:\n%s", form, got, want)
		}
	}
	has(t, "yaml", c.ok("agents", "list", "-o", "yaml"), "agents:\n- id: demo/a\n", "  - name: greet\n", `version: "1.0"`)
}

func TestCompletionAndHelp(t *testing.T) {
	c := &cli{t: t}
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		has(t, shell, c.ok("completion", shell), "roster")
	}
	has(t, "completion of agents", c.ok("__complete", "agents", "re"), "register")
	has(t, "help", c.ok("--help"), "roster dev", "agents", "completion")
	has(t, "help of node", c.ok("node", "--help"), "--expect", "ROSTER_DATA_DIR")
}

// stream runs a command that goes on until it has printed word.
func (c *cli) stream(word string, args ...string) (int, string) {
	ctx, cancel := context.WithCancel(c.t.Context())
	defer cancel()
	out := newSighting(word)
	m := Main{Args: append([]string{"roster"}, args...), Stdin: strings.NewReader(""), Stdout: out, Stderr: out,
		Env: func(name string) string { return c.env[name] }}
	done := make(chan int, 1)
	go func() { done <- m.Run(ctx) }()
	select {
	case <-out.seen:
		cancel()
		return <-done, out.String()
	case status := <-done:
		return status, out.String()
	}
}

func TestWatchPrintsEvents(t *testing.T) {
	c := newCLI(t)
	c.ok("agents", "register", "demo/a", "--capability", "greet")
	c.ok("agents", "register", "demo/b")
	status, out := c.stream("synced", "agents", "watch", "--initial", "--capability", "greet")
	if status != 0 || strings.Contains(out, "demo/b") {
		t.Errorf("exit %d:\n%s", status, out)
	}
	has(t, "watch", out, "entered  demo/a  revision ")
	status, out = c.stream(`"event":"synced"`, "agents", "watch", "--initial", "-o", "json")
	if status != 0 || len(strings.Split(strings.TrimSpace(out), "\n")) != 3 {
		t.Errorf("exit %d, want three lines:\n%s", status, out)
	}
	has(t, "watch as json", out, `"id":"demo/b"`, `"cursor":"`)
	if got := c.run("agents", "watch", "--after", "nonsense"); got.status != exitUsage {
		t.Errorf("nonsense cursor: exit %d, want 2\n%s", got.status, got.stderr)
	}
}

func TestWatchedReadsEndWhenInterrupted(t *testing.T) {
	c := newCLI(t)
	for _, args := range [][]string{{"members", "--watch"}, {"agents", "list", "-w", "-o", "yaml"}} {
		word := map[string]string{"members": "alive", "agents": "agents:"}[args[0]]
		if status, out := c.stream(word, args...); status != 0 {
			t.Errorf("%v: exit %d\n%s", args, status, out)
		}
	}
	if got := c.run("agents", "get", "demo/zz", "--watch"); got.status != 3 {
		t.Errorf("watching what is not there: exit %d, want 3", got.status)
	}
}

func TestHoldEndsWithInterrupt(t *testing.T) {
	c := newCLI(t)
	c.ok("sessions", "open", "s1")
	if status, out := c.stream("holding s1", "sessions", "hold", "s1"); status != 0 {
		t.Errorf("exit %d\n%s", status, out)
	}
}

func TestHealthcheckOfAStartingNode(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprint(w, `{"code":"Unavailable","checks":[{"name":"start","ok":false,"detail":"the node is starting"}]}`)
	}))
	defer server.Close()
	address := server.Listener.Addr().String()
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	c := &cli{t: t, env: map[string]string{"ROSTER_HTTP": "0.0.0.0:" + port}}
	for _, args := range [][]string{{"healthcheck"}, {"healthcheck", "--addr", address}} {
		got := c.run(args...)
		if got.status != exitOther {
			t.Errorf("%v: exit %d, want 1", args, got.status)
		}
		has(t, "healthcheck", got.stderr, "not ready: start: the node is starting")
	}
}
