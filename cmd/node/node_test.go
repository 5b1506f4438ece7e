package main

import (
	"encoding/json"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"roster"
	"roster/cmd/node/daemon"
)

func TestDecodeCommand(t *testing.T) {
	good := map[string]string{
		"register":     `{"agent":{"id":"a/b"},"mode":"put"}`,
		"update":       `{"id":"a/b","labels":{"set":{"k":"v"}}}`,
		"deregister":   `{"id":"a/b","if_match":3}`,
		"set_health":   `{"id":"a/b","health":{"state":"warning","reason":"slow"}}`,
		"open_session": `{"id":"s","ttl":"10s"}`,
		"end_session":  `{"id":"s"}`,
	}
	for kind, body := range good {
		command, err := decodeCommand(kind, json.RawMessage(body))
		if err != nil || command.Kind().String() != kind {
			t.Errorf("%s: %v, %v", kind, command, err)
		}
	}
	bad := []struct {
		kind, body string
		code       roster.Code
	}{
		{"tick", `{}`, roster.CodeDenied}, {"set_map", `{}`, roster.CodeDenied}, {"join_node", `{}`, roster.CodeDenied},
		{"", `{}`, roster.CodeInvalid}, {"dance", `{}`, roster.CodeInvalid},
		{"deregister", `{"id":"a/b","colour":1}`, roster.CodeInvalid}, {"deregister", `{"id":1}`, roster.CodeInvalid},
		{"deregister", ``, roster.CodeInvalid}, {"open_session", `{"id":"s","ttl":"soon"}`, roster.CodeInvalid},
	}
	for _, test := range bad {
		if _, err := decodeCommand(test.kind, json.RawMessage(test.body)); roster.CodeOf(err) != test.code {
			t.Errorf("%s %s: %v, want %s", test.kind, test.body, err, test.code)
		}
	}
}

func TestPortInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c := &cli{t: t, env: map[string]string{"ROSTER_KEY": daemon.DevelopmentKey, "ROSTER_DATA_DIR": filepath.Join(t.TempDir(), "d")}}
	for _, command := range []string{"dev --http " + l.Addr().String(), "node --http " + l.Addr().String()} {
		got := c.run(strings.Fields(command)...)
		if got.status != exitConfig {
			t.Errorf("%s: exit %d, want %d", command, got.status, exitConfig)
		}
		has(t, command, got.stderr, "the port is in use")
	}
}

func TestNodeRefusesItsConfiguration(t *testing.T) {
	c := &cli{t: t, env: map[string]string{"ROSTER_KEY": daemon.DevelopmentKey, "ROSTER_HTTP": "127.0.0.1:0"}}
	for command, want := range map[string]string{
		"node":                           "no data directory",
		"node --name Bad_Name":           "node name",
		"node --durability maybe":        "durability",
		"node --shards 1000":             "shards 1000",
		"node --http 0.0.0.0:0 --bind x": "configuration has 2 faults",
	} {
		got := c.run(strings.Fields(command)...)
		if got.status != exitConfig {
			t.Errorf("%s: exit %d, want %d", command, got.status, exitConfig)
		}
		has(t, command, got.stderr, want)
	}
}

func TestDevRunsAndEnds(t *testing.T) {
	c := &cli{t: t}
	status, out := c.stream("Stop with Ctrl-C", "dev", "--nodes", "1", "--shards", "2", "--http", "127.0.0.1:0")
	if status != 0 {
		t.Errorf("dev: exit %d", status)
	}
	has(t, "dev", out, "NODE", "node1-", "alive", "Status page: http://127.0.0.1:", "agents find --addr 127.0.0.1:", "agents watch")
}

func TestKeygen(t *testing.T) {
	c := &cli{t: t}
	one, two := c.ok("keygen"), c.ok("keygen")
	if key, err := daemon.ParseKey(one); err != nil || len(key) != daemon.KeyBytes || one == two {
		t.Errorf("keys %q and %q: %v", one, two, err)
	}
}
