package trust_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"roster"
	"roster/client/trust"
)

func TestConfig(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if c, err := (trust.Files{}).Config(); err != nil || c.RootCAs != nil || c.Certificates != nil {
		t.Errorf("nothing: %v, %v", c, err)
	}
	for _, f := range []trust.Files{{CA: empty + "x"}, {CA: empty}, {Cert: empty}, {Key: empty}, {Cert: empty, Key: empty}} {
		if _, err := f.Config(); roster.CodeOf(err) != roster.CodeInvalid {
			t.Errorf("%v: %v", f, err)
		}
	}
}

func TestExplain(t *testing.T) {
	for text, want := range map[string]roster.Code{
		"read: remote error: tls: certificate required": roster.CodeDenied,
		"read: remote error: tls: bad certificate":      roster.CodeDenied,
		"read: remote error: tls: internal error":       "",
		"remote error: tls: user canceled":              "",
		"certificate of mine: connection reset by peer": "",
		"lookup remote error: tls: no such host":        "",
		"EOF":                                           "",
	} {
		if got := trust.Explain("https://n", errors.New(text)); (got == nil && want != "") || (got != nil && got.Code != want) {
			t.Errorf("%s: %v", text, got)
		}
	}
	if got := trust.Explain("https://n", http.ErrSchemeMismatch); got == nil || got.Code != roster.CodeInvalid {
		t.Errorf("without TLS: %v", got)
	}
	if got := trust.Wanted("http://n:1", http.StatusBadRequest, []byte("Bad Request")); got != nil {
		t.Errorf("another 400: %v", got)
	}
}
