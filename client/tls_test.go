package client

import (
	"crypto/tls"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"roster"
	"roster/client/trust"
)

// serveTLS starts a server of HTTPS, and returns it with the file of whom to trust.
func serveTLS(t *testing.T, c *tls.Config) (s *httptest.Server, ca string) {
	t.Helper()
	s = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reply(w, `{"cluster":"`+r.Proto+`"}`)
	}))
	s.TLS, s.EnableHTTP2 = c, true
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	ca = filepath.Join(t.TempDir(), "ca.crt")
	raw := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if err := os.WriteFile(ca, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return s, ca
}

// asking returns a client that does not wait long for somebody whom it trusts.
func asking(t *testing.T, f trust.Files, addresses ...string) *Client {
	t.Helper()
	c, err := New(Config{Addresses: addresses, TLS: f, RetryMin: time.Millisecond, RetryMax: 2 * time.Millisecond, ConnectFor: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestHTTPS(t *testing.T) {
	s, ca := serveTLS(t, nil)
	host := strings.TrimPrefix(s.URL, "https://")
	for _, address := range []string{s.URL, host} {
		got, err := asking(t, trust.Files{CA: ca}, address).Status(t.Context())
		if err != nil || got.Cluster != "HTTP/2.0" {
			t.Errorf("%s: %v, %v", address, got, err)
		}
	}
	// An address that is not trusted is left for one that is.
	other, _ := serveTLS(t, nil)
	if _, err := asking(t, trust.Files{CA: ca}, closedAddress(t), other.URL, s.URL).Status(t.Context()); err != nil {
		t.Errorf("of several: %v", err)
	}
}

// TestErrorsOfTLSSayWhatToDo: and none of them leaves a write in doubt.
func TestErrorsOfTLSSayWhatToDo(t *testing.T) {
	s, ca := serveTLS(t, nil)
	strict, strictCA := serveTLS(t, &tls.Config{ClientAuth: tls.RequireAnyClientCert})
	plain := serve(t, func(w http.ResponseWriter, _ *http.Request) { reply(w, "{}") })
	_, port, _ := strings.Cut(strings.TrimPrefix(s.URL, "https://"), ":")
	for name, test := range map[string]struct {
		files   trust.Files
		address string
		code    roster.Code // "": as the race between two words of the other end has it
		says    string
	}{
		"no CA":         {trust.Files{}, s.URL, roster.CodeDenied, "name its CA with --ca"},
		"other name":    {trust.Files{CA: ca}, "https://localhost:" + port, roster.CodeDenied, "is not accepted"},
		"http to https": {trust.Files{}, "http://" + strings.TrimPrefix(s.URL, "https://"), roster.CodeInvalid, "give the address as https://"},
		"https to http": {trust.Files{}, strings.Replace(plain.URL, "http:", "https:", 1), roster.CodeInvalid, "give the address with http://"},
		"no pair":       {trust.Files{CA: strictCA}, strict.URL, "", "--client-cert"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := asking(t, test.files, test.address).Register(t.Context(), roster.Register{Agent: roster.Agent{ID: "demo/a"}})
			code := roster.CodeOf(err)
			if code != test.code && test.code != "" || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%v; want %s, %s", err, test.code, test.says)
			}
		})
	}
}
