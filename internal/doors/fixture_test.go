package doors_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"roster"
	"roster/acting"
	"roster/audit"
	"roster/cmd/node/intake"
	"roster/httpapi"
	"roster/internal/testcluster"
)

// doors are three nodes of a cluster behind their HTTP APIs, and callers with tokens.
type doors struct {
	*testcluster.Cluster
	handlers []http.Handler
	secrets  map[string]string // by the name of the caller
	ids      map[string]string // of the tokens
	log      *lines            // what the APIs log
	audits   []string          // files of the audit logs
	kepts    []*audit.Log
	told     *lines // every answer but those that hand over a secret
}

// run runs a test on a cluster in which demo/a, other/a and deep/a are on the roll.
func run(t *testing.T, test func(*doors)) {
	t.Helper()
	testcluster.Run(t, testcluster.Options{Shards: 2}, func(c *testcluster.Cluster) {
		d := &doors{Cluster: c, secrets: map[string]string{"malformed": "rst_please", "unknown": "rst_" + strings.Repeat("A", 43)}, ids: map[string]string{}, log: &lines{}, told: &lines{}}
		dir := t.TempDir()
		for _, i := range c.Running() {
			registry := prometheus.NewRegistry()
			d.audits = append(d.audits, filepath.Join(dir, fmt.Sprint(i)))
			kept, err := audit.Open(d.audits[i], slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			d.kepts = append(d.kepts, kept)
			defer kept.Close()
			d.handlers = append(d.handlers, httpapi.New(c.Node(i), httpapi.Options{Tokens: c.Node(i), Decode: intake.DecodeCommand, Metrics: registry, Gatherer: registry, Audit: kept, Fleets: c.Node(i), Mail: c.Node(i),
				Logger: slog.New(slog.NewTextHandler(d.log, nil))}))
		}
		for _, id := range []roster.AgentID{"demo/a", "other/a", "deep/a"} {
			if _, _, err := c.Node(0).Register(context.Background(), roster.Register{Agent: roster.Agent{ID: id, Capabilities: []roster.Capability{{Name: "plan"}}}}); err != nil {
				t.Fatal(err)
			}
		}
		test(d)
	})
}

// issue gives a caller a token, through node by, and waits until all nodes know it.
func (d *doors) issue(by int, name string, ttl time.Duration, rules ...string) {
	d.Helper()
	token, secret, err := d.Node(by).CreateToken(context.Background(), roster.NewToken{Name: name, Rules: rules, TTL: roster.Duration(ttl)})
	if err != nil {
		d.Fatal(err)
	}
	d.secrets[name], d.ids[name] = secret, token.ID
	d.settle()
}

// settle waits until every node has applied what the system shard has decided.
func (d *doors) settle() {
	d.Helper()
	for _, i := range d.Running() {
		if _, err := d.Node(i).Tokens(context.Background()); err != nil {
			d.Fatal(err)
		}
	}
}

// request makes a request as a caller sends it.
func (d *doors) request(ctx context.Context, caller, method, path, body string) *http.Request {
	r := httptest.NewRequestWithContext(ctx, method, path, strings.NewReader(body))
	r.Host = "localhost"
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if secret := d.secrets[caller]; secret != "" {
		r.Header.Set("Authorization", "Bearer "+secret)
	}
	if strings.HasSuffix(path, "/receive") || strings.HasSuffix(path, "/replies") || method == http.MethodPut && (strings.HasSuffix(path, "/state") || strings.HasSuffix(path, "/standing")) { // for agents alone
		acting.Claim{Actor: roster.Actor{Agent: "demo/a", Epoch: 1 << 40}, Secret: "sixteen bytes or more"}.SetHeader(r.Header)
	}
	return r
}

// ask sends a request to node i; a stream is left after a moment.
func (d *doors) ask(i int, caller, method, path, body string) *httptest.ResponseRecorder {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if strings.Contains(path, "/watch") || strings.HasSuffix(path, "/hold") {
		ctx, cancel = context.WithTimeout(ctx, time.Second)
		defer cancel()
	}
	w := httptest.NewRecorder()
	d.handlers[i].ServeHTTP(w, d.request(ctx, caller, method, path, body))
	if path != "/v1/tokens" || w.Code != http.StatusCreated {
		fmt.Fprintln(d.told, w.Header(), w.Body)
	}
	return w
}

// want sends a request and checks the status of its answer.
func (d *doors) want(status, i int, caller, method, path, body string) string {
	d.Helper()
	w := d.ask(i, caller, method, path, body)
	if w.Code != status {
		d.Errorf("%s: %s %s at node %d: %d, want %d: %s", caller, method, path, i, w.Code, status, w.Body)
	}
	return w.Body.String()
}

// deniedAlone reports whether each item of a batch was refused as Denied.
func deniedAlone(body []byte) bool {
	var answer struct {
		Results []struct {
			Error struct {
				Code roster.Code `json:"code"`
			} `json:"error"`
		} `json:"results"`
	}
	if json.Unmarshal(body, &answer) != nil || len(answer.Results) == 0 {
		return false
	}
	for _, r := range answer.Results {
		if r.Error.Code != roster.CodeDenied {
			return false
		}
	}
	return true
}

// lines keeps what is written to it. It is also a ResponseWriter that may be read while
// it is written.
type lines struct {
	header http.Header
	mu     struct {
		sync.Mutex
		text bytes.Buffer
	}
}

func (l *lines) Header() http.Header { return l.header }
func (l *lines) WriteHeader(int)     {}
func (l *lines) Flush()              {}

// Write keeps b.
func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.mu.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.mu.text.String()
}

// holds says whether text has all words; for Await.
func holds(text string, words ...string) error {
	for _, word := range words {
		if !strings.Contains(text, word) {
			return fmt.Errorf("no %q in %s", word, text)
		}
	}
	return nil
}
