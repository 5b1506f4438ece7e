package doors_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"roster/access"
	"roster/audit"
	"roster/cluster"
	"roster/httpapi"
	"roster/node"
)

// tellsNoSecret looks for the secrets of all callers in everything that was told: answers,
// metrics and the OpenAPI document among them, the log, the audit logs.
func (d *doors) tellsNoSecret() {
	d.Helper()
	for i := range d.handlers {
		d.ask(i, "administers", "GET", "/metrics", "")
		d.ask(i, "administers", "GET", "/openapi.json", "")
	}
	texts := map[string]string{"answers": d.told.String(), "log": d.log.String()}
	for _, name := range d.audits {
		raw, err := os.ReadFile(name)
		if err != nil {
			d.Fatal(err)
		}
		texts[name] += string(raw)
	}
	if !strings.Contains(texts["answers"], "roster_http_requests_total") || !strings.Contains(texts["answers"], `"openapi"`) {
		d.Error("the answers hold neither metrics nor a document: nobody has looked for anything")
	}
	for where, text := range texts {
		for name, secret := range d.secrets {
			if strings.Contains(text, secret) || len(secret) > 8 && strings.Contains(text, secret[4:]) {
				d.Errorf("%s: tell the secret of %q", filepath.Base(where), name)
			}
		}
	}
}

// TestNoSecretIsKept: of a token, only its hash is on the disk of a node, and nothing of
// it in a log that tells all.
func TestNoSecretIsKept(t *testing.T) {
	dir, log := t.TempDir(), &lines{}
	logger := slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var bits [access.SecretBytes]byte
	copy(bits[:], "32 bytes that no log segment has") // zeros would be found in an empty one
	root := access.NewSecret(bits)
	n, err := node.Open(t.Context(), node.Config{Cluster: "test", Key: make([]byte, node.KeyBytes), Bind: "127.0.0.1:0", Profile: cluster.ProfileLocal, Expect: 1, Shards: 1,
		DataDir: filepath.Join(dir, "node"), Logger: logger, Auth: true, RootToken: access.Hash(root)})
	if err != nil {
		t.Fatal(err)
	}
	kept, err := audit.Open(filepath.Join(dir, "audit.log"), logger)
	if err != nil {
		t.Fatal(err)
	}
	registry := prometheus.NewRegistry()
	api := httpapi.New(n, httpapi.Options{Tokens: n, Logger: logger, Metrics: registry, Gatherer: registry, Audit: kept})
	ask := func(secret, method, path, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Host = "localhost"
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+secret)
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		return w
	}
	var secret string
	for deadline := time.After(20 * time.Second); secret == ""; {
		w := ask(root, "POST", "/v1/tokens", `{"name":"canary","rules":["write:demo"]}`)
		if _, rest, ok := strings.Cut(w.Body.String(), `"secret":"`); ok {
			secret, _, _ = strings.Cut(rest, `"`)
		}
		select {
		case <-deadline:
			t.Fatalf("no token: %d %s", w.Code, w.Body)
		default:
		}
	}
	if w := ask(secret, "POST", "/v1/agents", `{"id":"demo/a"}`); w.Code != http.StatusCreated {
		t.Errorf("register: %d %s", w.Code, w.Body)
	}
	if w := ask(secret, "POST", "/v1/agents", `{"id":"other/a"}`); w.Code != http.StatusForbidden {
		t.Errorf("register elsewhere: %d %s", w.Code, w.Body)
	}
	clusterKey := "32 bytes that nobody else tells."
	installs(t, clusterKey, func(body string) *httptest.ResponseRecorder { return ask(root, "POST", "/v1/keyring", body) })
	if err := errors.Join(n.Close(context.Background()), kept.Close()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "log"), []byte(log.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if !found(t, dir, []byte(access.Hash(secret))) || !found(t, dir, []byte("canary")) {
		t.Error("not even the hash is on the disk: nobody has looked for anything")
	}
	for _, s := range []string{root, secret} {
		bits, err := base64.RawURLEncoding.DecodeString(s[4:])
		if err != nil {
			t.Fatal(err)
		}
		if found(t, dir, []byte(s[4:])) || found(t, dir, bits) {
			t.Error("a secret is on the disk")
		}
	}
	ringAlone(t, dir, clusterKey)
	if found(t, dir, []byte(access.Hash(root))) {
		t.Error("the cluster keeps the root token, which is the node's alone")
	}
}

// installs installs a cluster key; neither that nor the refusal of half a key tells it.
func installs(t *testing.T, key string, post func(body string) *httptest.ResponseRecorder) {
	t.Helper()
	whole := base64.StdEncoding.EncodeToString([]byte(key))
	for text, status := range map[string]int{whole: http.StatusOK, whole[1:]: http.StatusBadRequest} {
		w := post(`{"act":"install","key":"` + text + `"}`)
		if w.Code != status || strings.Contains(w.Body.String(), whole[1:]) {
			t.Errorf("install: %d %s", w.Code, w.Body)
		}
	}
}

// ringAlone wants a cluster key in the file of the ring and nowhere else below dir, and in
// the audit log that it was installed.
func ringAlone(t *testing.T, dir, key string) {
	t.Helper()
	text := base64.StdEncoding.EncodeToString([]byte(key))
	acts, err := os.ReadFile(filepath.Join(dir, "audit.log"))
	if err != nil || !bytes.Contains(acts, []byte("POST /v1/keyring")) || !found(t, dir, []byte(text)) {
		t.Errorf("the change of the key is not in the audit log, or the key not in the ring's file: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, "node", "keyring.json")); err != nil {
		t.Fatal(err)
	}
	if found(t, dir, []byte(text[1:])) || found(t, dir, []byte(key)) {
		t.Error("a cluster key is on the disk beside the ring, or in a log")
	}
}

// found reports whether some file below dir holds text.
func found(t *testing.T, dir string, text []byte) bool {
	t.Helper()
	there := false
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		raw, err := os.ReadFile(name)
		there = there || bytes.Contains(raw, text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return there
}
