package daemon

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// load reads settings as "roster node" does.
func load(t *testing.T, env map[string]string, flags ...string) (Settings, error) {
	t.Helper()
	var s Settings
	cmd := &cobra.Command{Use: "node"}
	s.Flags(cmd)
	if err := cmd.ParseFlags(flags); err != nil {
		t.Fatal(err)
	}
	return s, s.Load(cmd, func(name string) string { return env[name] })
}

// has fails the test unless text holds every one of words.
func has(t *testing.T, what, text string, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("%s does not hold %q:\n%s", what, word, text)
		}
	}
}

// write makes a file with a mode.
func write(t *testing.T, text string, mode os.FileMode) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(name, mode); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestSettingsPrecedence(t *testing.T) {
	file := write(t, "cluster: from-file\nname: from-file\nbind: 127.0.0.1:1\nexpect: 4\njoin: [a:1, b:2]\ninsecure: true\ndata_dir: /d\n", 0o600)
	s, err := load(t, map[string]string{"ROSTER_KEY": DevelopmentKey, "ROSTER_NAME": "from-env", "ROSTER_BIND": "127.0.0.1:2"},
		"--config", file, "--bind", "127.0.0.1:3")
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(s.cluster, " ", s.name, " ", s.bind, " ", s.expect, " ", s.join, " ", s.insecure, " ", s.dataDir, " ", s.http, " ", s.shards, " ", s.developmentKey)
	if want := "from-file from-env 127.0.0.1:3 4 [a:1 b:2] true /d 127.0.0.1:7400 8 true"; got != want {
		t.Errorf("settings = %s\nwant %s", got, want)
	}
}

func TestExpectFollowsJoin(t *testing.T) {
	key := map[string]string{"ROSTER_KEY": DevelopmentKey, "ROSTER_DATA_DIR": "d"}
	for join, want := range map[string]int{"": 1, "a:1": 0} {
		s, err := load(t, key, "--join", join)
		if err != nil || s.expect != want {
			t.Errorf("--join %q: expect %d, %v; want %d", join, s.expect, err, want)
		}
	}
}

func TestSettingsTellAllFaults(t *testing.T) {
	file := write(t, "clutser: x\nshards: [1]\nexpect: many\n", 0o600)
	_, err := load(t, map[string]string{"ROSTER_KEY": "c2hvcnQ=", "ROSTER_INSECURE": "perhaps"},
		"--config", file, "--http", "0.0.0.0:7400", "--bind", "nowhere")
	if !errors.As(err, new(*ConfigError)) {
		t.Fatalf("error = %v, want a ConfigError", err)
	}
	has(t, "faults", err.Error(), `line 1: unknown setting "clutser": did you mean cluster?`, "line 2, shards", `line 3, expect: "many" is not a whole number`,
		"the key has 5 bytes, want 32", "ROSTER_INSECURE", "http 0.0.0.0:7400 is open beyond this machine", `bind "nowhere": want host:port`, "no data directory", "has 8 faults")
}

func TestKeyFiles(t *testing.T) {
	good := write(t, DevelopmentKey+"\n", 0o600)
	s, err := load(t, nil, "--key-file", good, "--data-dir", "d")
	if err != nil || len(s.key) != KeyBytes {
		t.Errorf("key file: %v", err)
	}
	tests := map[string]string{
		write(t, DevelopmentKey, 0o644): "can be read by everybody",
		write(t, "not a key!", 0o600):   "not base64",
		write(t, "", 0o600):             "is empty",
		"/nowhere/key":                  "no such file",
		"":                              "no key: make one with roster keygen",
	}
	for name, want := range tests {
		_, err := load(t, nil, "--key-file", name)
		if err == nil {
			t.Errorf("%s was taken", name)
			continue
		}
		has(t, name, err.Error(), want)
	}
}

func TestBrokenConfigFiles(t *testing.T) {
	for text, want := range map[string]string{"- a\n- b\n": "want settings as name: value", "a: [": "is not YAML", "cluster: {a: b}\n": "want one value"} {
		_, err := load(t, map[string]string{"ROSTER_KEY": DevelopmentKey}, "--config", write(t, text, 0o600))
		if err == nil {
			t.Errorf("%q was taken", text)
			continue
		}
		has(t, text, err.Error(), want)
	}
	if _, err := load(t, map[string]string{"ROSTER_KEY": DevelopmentKey, "ROSTER_CONFIG": write(t, "# nothing\n", 0o600), "ROSTER_DATA_DIR": "d"}); err != nil {
		t.Errorf("an empty file: %v", err)
	}
}

func TestNodeNameOfHost(t *testing.T) {
	for host, want := range map[string]string{"Web-1.example.org": "web-1", "a_b": "a-b", "": "node", "---": "node", strings.Repeat("x", 50): strings.Repeat("x", 40)} {
		if got := nodeNameOf(host); got != want {
			t.Errorf("nodeNameOf(%q) = %q, want %q", host, got, want)
		}
	}
}

func TestLoopback(t *testing.T) {
	for address, want := range map[string]bool{"127.0.0.1:1": true, "[::1]:1": true, "localhost:1": true, "0.0.0.0:1": false, ":1": false, "10.0.0.1:1": false, "node1:1": false} {
		if got, err := IsLoopback(address); got != want || err != nil {
			t.Errorf("IsLoopback(%s) = %v, %v", address, got, err)
		}
	}
	for _, address := range []string{"x", "1.2.3.4", "1.2.3.4:x", "1.2.3.4:70000"} {
		if _, err := IsLoopback(address); err == nil {
			t.Errorf("%s was taken", address)
		}
	}
}

func TestDevelopmentKeyIsTheOneOfTheComposeFile(t *testing.T) {
	compose, err := os.ReadFile("../../../docker-compose.yml")
	if err != nil {
		t.Fatal(err)
	}
	has(t, "docker-compose.yml", string(compose), DevelopmentKey)
}

// TestReplaceAfter takes a time of at least ten seconds, and nothing else.
func TestReplaceAfter(t *testing.T) {
	for value, want := range map[string]string{"30s": "", "9s": "want at least 10s", "0s": "want a time such as", "-1m": "want at least 10s", "soon": "want a time such as"} {
		_, err := load(t, map[string]string{"ROSTER_REPLACE_AFTER": value}, "--data-dir", t.TempDir())
		if got := fmt.Sprint(err); want != "" && !strings.Contains(got, want) || want == "" && strings.Contains(got, "replace") {
			t.Errorf("%s: %v, want %q", value, err, want)
		}
	}
}
