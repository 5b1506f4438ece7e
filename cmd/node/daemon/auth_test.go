package daemon

import (
	"errors"
	"log/slog"
	"strings"
	"testing"

	"roster/access"
)

// TestRootToken: the file turns authorisation on, and one that others can read, or that
// holds no token, keeps the node from starting without telling what it holds.
func TestRootToken(t *testing.T) {
	env := map[string]string{"ROSTER_KEY": DevelopmentKey, "ROSTER_DATA_DIR": "d"}
	secret := access.NewSecret([access.SecretBytes]byte{7})
	s, err := load(t, env, "--root-token-file", write(t, secret+"\n", 0o600))
	if err != nil || !s.auth.on || s.auth.rootToken != access.Hash(secret) {
		t.Errorf("a good file: on %v, %v", s.auth.on, err)
	}
	for name, file := range map[string]string{"can be read by others": write(t, secret, 0o640), "holds no access token": write(t, secret+"x", 0o600), "no such file": "nowhere"} {
		_, err := load(t, env, "--root-token-file", file)
		if err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if s, err = load(t, env); err != nil || s.auth.on {
		t.Errorf("nobody asked for it, and authorisation is on: %v", err)
	}
	if s, err = load(t, env, "--auth", "--metrics-open"); err != nil || !s.auth.on || !s.auth.metricsOpen || s.auth.rootToken != "" {
		t.Errorf("--auth alone: %+v, %v", s.auth, err)
	}
}

// TestAuditLogSetting: a log that cannot go on keeps the node from starting.
func TestAuditLogSetting(t *testing.T) {
	for name, a := range map[string]auth{"none": {}, "new": {auditLog: t.TempDir() + "/audit.log"}} {
		kept, err := a.open(slog.New(slog.DiscardHandler))
		if err != nil || (kept == nil) != (name == "none") {
			t.Errorf("%s: %v", name, err)
		}
		if err := kept.Close(); err != nil {
			t.Error(err)
		}
	}
	broken := auth{auditLog: write(t, "{}\n{}\n", 0o600)}
	if _, err := broken.open(slog.New(slog.DiscardHandler)); !errors.As(err, new(*ConfigError)) {
		t.Errorf("a broken one: %v", err)
	}
}
