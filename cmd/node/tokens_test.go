package main

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"roster"
	"roster/audit"
	"roster/cmd/node/intake"
	"roster/httpapi"
	"roster/internal/memservice"
)

// guarded returns a CLI against a service that asks for tokens, and the secret of one that
// allows everything.
func guarded(t *testing.T) (*cli, string) {
	t.Helper()
	service := memservice.New(memservice.Config{})
	_, secret, err := service.CreateToken(t.Context(), roster.NewToken{Name: "first", Rules: []string{"admin"}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(httpapi.New(service, httpapi.Options{Decode: intake.DecodeCommand, Tokens: service}))
	t.Cleanup(func() {
		server.Close()
		service.Close()
	})
	return &cli{t: t, env: map[string]string{"ROSTER_ADDR": server.Listener.Addr().String()}}, secret
}

// TestTokensInOrder: a token is made, used, listed and revoked, by the environment and by
// a file, and no message holds a secret.
func TestTokensInOrder(t *testing.T) {
	c, admin := guarded(t)
	var said strings.Builder
	step := func(status int, line string, words ...string) string {
		t.Helper()
		got := c.run(strings.Fields(line)...)
		said.WriteString(got.stderr)
		if got.status != status {
			t.Errorf("roster %s: exit %d, want %d\n%s%s", line, got.status, status, got.stdout, got.stderr)
		}
		has(t, line, got.stdout+got.stderr, words...)
		return got.stdout
	}
	step(6, "agents find", "asks for a token", "ROSTER_TOKEN")
	step(0, "healthcheck")
	c.env["ROSTER_TOKEN"] = "rst_short"
	step(2, "agents find", "ROSTER_TOKEN holds no access token")
	c.env["ROSTER_TOKEN"] = admin
	step(2, "tokens create ci", "want at least one")
	step(2, "tokens create ci --rule reads", "want read, write or admin")
	secret := strings.TrimSpace(step(0, "tokens create ci --rule read:demo,write:team-* --ttl 1h", "token ", "allows read:demo,write:team-*"))
	file := filepath.Join(t.TempDir(), "other.token")
	if out := step(0, "tokens create other --rule write:demo --out "+file, "token "); out != "" {
		t.Errorf("the secret went into a file, and yet: %s", out)
	}
	step(2, "tokens create other --rule write:demo --out "+file, "is there already")
	step(0, "agents register demo/a --token-file "+file, "created demo/a")
	step(6, "agents register team-a/a --token-file "+file, "write:team-a")
	step(6, "tokens list --token-file "+file, "lacks the right admin")
	c.env["ROSTER_TOKEN"] = secret
	step(0, "agents get demo/a", "demo/a")
	step(6, "agents deregister demo/a", "write:demo")
	step(0, "sessions open team-x~s1", "team-x~s1")
	step(6, "sessions open s1", "payments~worker-1")
	c.env["ROSTER_TOKEN"] = admin
	step(0, "tokens list", "ci", "read:demo,write:team-*", "1h0m0s", "other", "first")
	var all struct {
		Tokens []roster.AccessToken `json:"tokens"`
	}
	if err := json.Unmarshal([]byte(step(0, "tokens list -o json")), &all); err != nil || len(all.Tokens) != 3 {
		t.Fatalf("listed %+v, %v", all, err)
	}
	for _, token := range all.Tokens {
		if token.Name == "ci" {
			step(0, "tokens revoke "+token.ID, "revoked")
			step(3, "tokens revoke "+token.ID, "no token")
		}
	}
	c.env["ROSTER_TOKEN"] = secret
	step(6, "agents get demo/a", "not known")
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	step(2, "agents get demo/a --token-file "+file, "can be read by others")
	for _, hidden := range []string{admin, secret} {
		if strings.Contains(said.String(), hidden) {
			t.Error("a message holds a secret")
		}
	}
}

// TestRootTokens: each is another, for its owner alone, and is never overwritten.
func TestRootTokens(t *testing.T) {
	c := &cli{t: t}
	name := filepath.Join(t.TempDir(), "root.token")
	if out := c.ok("tokens", "root", "--out", name); out != "" {
		t.Errorf("a root token is printed: %s", out)
	}
	stat, err := os.Stat(name)
	if err != nil || stat.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", stat, err)
	}
	for _, args := range [][]string{{"tokens", "root", "--out", name}, {"tokens", "root"}} {
		if got := c.run(args...); got.status != exitUsage {
			t.Errorf("%q: exit %d", args, got.status)
		}
	}
}

// TestAuditVerify: a log that holds says how long it is; one that was changed says where.
func TestAuditVerify(t *testing.T) {
	c := &cli{t: t}
	name := filepath.Join(t.TempDir(), "audit.log")
	kept, err := audit.Open(name, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(kept.Begin(audit.Record{Resource: "POST /v1/leave"}), kept.End(audit.Record{Resource: "POST /v1/leave"}), kept.Close()); err != nil {
		t.Fatal(err)
	}
	has(t, "a whole log", c.ok("audit", "verify", name), "3 lines, last ")
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(strings.Replace(string(raw), "leave", "leaf", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	got := c.run("audit", "verify", name)
	if got.status != exitOther {
		t.Errorf("a changed log: exit %d", got.status)
	}
	has(t, "a changed log", got.stderr, "line 3: the chain is broken")
}
