package daemon

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"roster/certs"
	"roster/certs/authority"
	"roster/internal/bubble"
	"roster/internal/simnet"
)

// issued are the files of a node "n1" and of a client "ops" of cluster "roster".
type issued struct {
	node, client certs.Files
	roots        *x509.CertPool
}

func issue(t *testing.T) issued {
	t.Helper()
	ca, err := authority.New("roster", time.Now(), time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	a, err := authority.Parse(ca)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	put := func(name string, raw []byte) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	of := func(role certs.Role, name string) certs.Files {
		p, err := a.Issue(authority.Leaf{Identity: certs.Identity{Cluster: "roster", Role: role, Name: name}, Hosts: []string{"127.0.0.1", "10.0.0.1"},
			From: time.Now(), Until: time.Now().Add(time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		return certs.Files{CA: put("ca.crt", ca.Cert), Cert: put(name+".crt", p.Cert), Key: put(name+".key", p.Key)}
	}
	out := issued{node: of(certs.RoleNode, "n1"), client: of(certs.RoleClient, "ops"), roots: x509.NewCertPool()}
	out.roots.AppendCertsFromPEM(ca.Cert)
	return out
}

// between are the flags of TLS between nodes.
func between(f certs.Files) []string {
	return []string{"--name", "n1", "--data-dir", "d", "--tls-ca", f.CA, "--tls-cert", f.Cert, "--tls-key", f.Key}
}

func TestSettingsOfTLS(t *testing.T) {
	i := issue(t)
	key := map[string]string{"ROSTER_KEY": DevelopmentKey}
	s, err := load(t, key, between(i.node)...)
	if err != nil || s.nodes == nil || s.web == nil || s.security() == nil {
		t.Errorf("between nodes and, by default, for callers: %v", err)
	}
	s, err = load(t, key, "--data-dir", "d", "--http-tls-cert", i.client.Cert, "--http-tls-key", i.client.Key)
	if err != nil || s.nodes != nil || s.web == nil || s.security() != nil {
		t.Errorf("for callers alone: %v", err)
	}
	env := map[string]string{"ROSTER_KEY": DevelopmentKey, "ROSTER_TLS_CA": i.node.CA, "ROSTER_TLS_CERT": i.node.Cert, "ROSTER_NAME": "n1", "ROSTER_DATA_DIR": "d"}
	s, err = load(t, env, "--config", write(t, "tls_key: "+i.node.Key+"\n", 0o600))
	if err != nil || s.nodes == nil {
		t.Errorf("from environment and file: %v", err)
	}
	for name, test := range map[string]struct {
		flags []string
		says  []string
	}{
		"half":         {[]string{"--tls-cert", i.node.Cert}, []string{"give tls-ca and tls-key, too"}},
		"half of http": {[]string{"--http-tls-key", i.node.Key}, []string{"give http-tls-cert, too"}},
		"no effect":    {[]string{"--http-client-ca", i.node.CA}, []string{"has no effect without HTTPS"}},
		"client":       {between(i.client), []string{"tls: " + i.client.Cert, "/client/ops"}},
		"other node":   {append(between(i.node), "--name", "n2"), []string{"tls: " + i.node.Cert, "this node is spiffe://roster/node/n2"}},
		"missing":      {append(between(i.node), "--tls-key", "nowhere"), []string{"tls: open nowhere: no such file"}},
		"http":         {append(between(i.node), "--http-tls-cert", i.client.Cert, "--http-tls-key", i.node.Key), []string{"https: " + i.node.Key, "is not the key of"}},
		"http clients": {append(between(i.node), "--http-client-ca", i.node.Key), []string{"https: " + i.node.Key, "no certificate"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, key, append([]string{"--data-dir", "d"}, test.flags...)...)
			if !errors.As(err, new(*ConfigError)) {
				t.Fatalf("error = %v, want a ConfigError", err)
			}
			has(t, name, err.Error(), test.says...)
			if strings.Contains(err.Error(), "faults") {
				t.Errorf("more than one fault: %v", err)
			}
		})
	}
}

func TestDoors(t *testing.T) {
	i := issue(t)
	key := map[string]string{"ROSTER_KEY": DevelopmentKey}
	for name, test := range map[string]struct {
		flags []string
		says  string // "": it starts
		shows string
	}{
		"loopback":     {nil, "", "loopback only"},
		"bind with":    {append(between(i.node), "--bind", "0.0.0.0:7500"), "", "bind 0.0.0.0:7500 lacks nothing"},
		"bind without": {[]string{"--bind", "0.0.0.0:7500"}, "bind 0.0.0.0:7500 is open beyond this machine and lacks TLS (--tls-ca", ""},
		"http with":    {append(between(i.node), "--http", "0.0.0.0:7400"), "and lacks tokens", ""},
		"http half":    {[]string{"--tls-cert", "x", "--http", "0.0.0.0:7400"}, "and lacks tokens", ""},
		"http without": {[]string{"--http", "0.0.0.0:7400"}, "and lacks HTTPS (--http-tls-cert, --http-tls-key) and tokens", ""},
		"insecure": {[]string{"--http", "0.0.0.0:7400", "--bind", "0.0.0.0:7500", "--insecure"}, "",
			"INSECURE: http 0.0.0.0:7400 lacks HTTPS (--http-tls-cert, --http-tls-key) and tokens"},
	} {
		s, err := load(t, key, append([]string{"--data-dir", "d"}, test.flags...)...)
		switch {
		case test.says == "" && err != nil, test.says != "" && (err == nil || !strings.Contains(err.Error(), test.says)):
			t.Errorf("%s: %v", name, err)
		case err == nil:
			has(t, name, s.describe(), test.shows)
		}
	}
}

// openWeb opens the HTTP side of files.
func openWeb(t *testing.T, f certs.Files) *certs.Web {
	t.Helper()
	w, err := certs.OpenWeb(f, "roster")
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestHTTPS(t *testing.T) {
	i := issue(t)
	f := i.node
	f.CA = ""
	s, err := listenHTTP(t.Context(), "127.0.0.1:0", openWeb(t, f), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		url    string
		h2     bool
		tls    *tls.Config
		status int
		proto  string
		body   string
	}{
		"h1":    {"https://", false, &tls.Config{RootCAs: i.roots}, 200, "HTTP/1.1", "ok"},
		"h2":    {"https://", true, &tls.Config{RootCAs: i.roots}, 200, "HTTP/2.0", "ok"},
		"1.2":   {"https://", true, &tls.Config{RootCAs: i.roots, MaxVersion: tls.VersionTLS12}, 200, "HTTP/2.0", "ok"},
		"1.1":   {"https://", true, &tls.Config{RootCAs: i.roots, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, 0, "", ""},
		"plain": {"http://", false, nil, 400, "HTTP/1.1", `{"type":"urn:roster:error:Invalid"`},
	} {
		t.Run(name, func(t *testing.T) {
			transport := &http.Transport{TLSClientConfig: test.tls, ForceAttemptHTTP2: test.h2}
			defer transport.CloseIdleConnections()
			response, err := (&http.Client{Transport: transport}).Get(test.url + s.address + "/livez")
			if err != nil {
				if test.status != 0 {
					t.Error(err)
				}
				return
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			if err != nil || response.StatusCode != test.status || response.Proto != test.proto || !strings.HasPrefix(string(body), test.body) {
				t.Errorf("%d %s %q, %v", response.StatusCode, response.Proto, body, err)
			}
		})
	}
	if err := s.stop(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestPlainRequestToHTTPS: every method gets a problem that says what is wrong, and what is
// no request gets nothing.
func TestPlainRequestToHTTPS(t *testing.T) {
	i := issue(t)
	s, err := listenHTTP(t.Context(), "127.0.0.1:0", openWeb(t, i.node), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
		r, err := http.NewRequestWithContext(t.Context(), method, "http://"+s.address+"/v1/agents/a/b", nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
		if err != nil {
			t.Errorf("%s: %v", method, err)
			continue
		}
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if response.StatusCode != 400 || response.Header.Get("Content-Type") != "application/problem+json" || err != nil || method != "HEAD" && !strings.Contains(string(body), "came without TLS: use https://") {
			t.Errorf("%s: %d %q, %v", method, response.StatusCode, body, err)
		}
	}
	c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", s.address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, _ = c.Write([]byte("SSH-2.0-x\r\n"))
	if said, _ := io.ReadAll(c); strings.Contains(string(said), "HTTP/1.1") {
		t.Errorf("no request is answered %q", said)
	}
	if err := s.stop(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestHalfOpenHTTPS: who begins TLS and does not end it is hung up on.
func TestHalfOpenHTTPS(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		n, i := simnet.New(1), issue(t)
		l, udp, err := n.Host(1).Listen(t.Context(), ":7400")
		if err != nil {
			t.Fatal(err)
		}
		defer udp.Close()
		s := serveHTTP(t.Context(), l, openWeb(t, i.node), slog.New(slog.DiscardHandler))
		for _, first := range []string{"", "\x16", "\x16\x03\x01\x02\x00\x01"} {
			c, err := n.Host(2).Dial(t.Context(), "10.0.0.1:7400")
			if err != nil {
				t.Fatal(err)
			}
			begin := time.Now()
			if _, err := c.Write([]byte(first)); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadAll(c); err != nil {
				t.Error(err)
			}
			if took := time.Since(begin); took > headerReadMax+time.Second {
				t.Errorf("after %q closed in %v", first, took)
			}
			_ = c.Close()
		}
		if err := s.stop(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
