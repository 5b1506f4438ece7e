package certs_test

import (
	"bytes"
	"crypto/x509"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"roster/certs"
)

func TestIdentityOf(t *testing.T) {
	for _, text := range []string{"spiffe://prod/node/n1", "spiffe://a.b_c-D/client/ops.team"} {
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		i, err := certs.IdentityOf(&x509.Certificate{URIs: []*url.URL{u}})
		if err != nil || i.String() != text {
			t.Errorf("%s is %v, %v", text, i, err)
		}
	}
	for _, text := range []string{"https://prod/node/n1", "spiffe://prod/server/n1", "spiffe://prod/node/", "spiffe://prod/node", "spiffe://prod/node/n1/x",
		"spiffe:///node/n1", "spiffe://prod:1/node/n1", "spiffe://u@prod/node/n1", "spiffe://prod/node/n1?x", "spiffe://prod/node/n1#x",
		"spiffe://prod/node/n%31", "spiffe://prod//node/n1", "spiffe:prod/node/n1", "spiffe://prod/node/..", "SPIFFE://prod/node/n1/", "spiffe://prod../node/n1"} {
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if i, err := certs.IdentityOf(&x509.Certificate{URIs: []*url.URL{u}}); err == nil {
			t.Errorf("%s is %v", text, i)
		}
	}
	two := []*url.URL{node("n1").URI(), node("n2").URI()}
	if i, err := certs.IdentityOf(&x509.Certificate{URIs: two}); err == nil {
		t.Errorf("of two names: %v", i)
	}
}

// TestFaultsNameTheirFile: each differs from good files in one thing.
func TestFaultsNameTheirFile(t *testing.T) {
	ca, foreign := newIssuer(t, "prod"), newIssuer(t, "prod")
	late, early := ca.issue(node("n1"), time.Now().Add(-2*time.Hour)), ca.issue(node("n1"), time.Now().Add(time.Hour))
	client := certs.Identity{Cluster: "prod", Role: certs.RoleClient, Name: "n1"}
	tests := map[string]struct {
		spoil func(f *certs.Files)
		fault func(f certs.Files) string // the file at fault
		says  string
	}{
		"no cert":     {func(f *certs.Files) { f.Cert += "x" }, cert, "no such file"},
		"no key":      {func(f *certs.Files) { f.Key += "x" }, key, "no such file"},
		"no ca":       {func(f *certs.Files) { f.CA += "x" }, authorities, "no such file"},
		"empty cert":  {func(f *certs.Files) { write(t, f.Cert, nil) }, cert, "no certificate in PEM"},
		"empty key":   {func(f *certs.Files) { write(t, f.Key, nil) }, key, "no private key in PEM"},
		"empty ca":    {func(f *certs.Files) { write(t, f.CA, nil) }, authorities, "no certificate in PEM"},
		"huge":        {func(f *certs.Files) { write(t, f.CA, bytes.Repeat([]byte("x"), 2<<20)) }, authorities, "more than"},
		"swapped":     {func(f *certs.Files) { f.Cert, f.Key = f.Key, f.Cert }, cert, "no certificate in PEM"},
		"mismatch":    {func(f *certs.Files) { write(t, f.Key, early.Key) }, key, "is not the key of"},
		"open key":    {func(f *certs.Files) { chmod(t, f.Key, 0o644) }, key, "run chmod 600"},
		"leaf as ca":  {func(f *certs.Files) { write(t, f.CA, early.Cert) }, authorities, "which is no CA"},
		"expired":     {func(f *certs.Files) { write(t, f.Cert, late.Cert); write(t, f.Key, late.Key) }, cert, "has expired"},
		"too early":   {func(f *certs.Files) { write(t, f.Cert, early.Cert); write(t, f.Key, early.Key) }, cert, "is not valid before"},
		"foreign ca":  {func(f *certs.Files) { write(t, f.CA, foreign.ca.Cert) }, cert, "is not accepted"},
		"client":      {func(f *certs.Files) { ca.put(*f, client) }, cert, "/client/n1"},
		"other name":  {func(f *certs.Files) { ca.put(*f, node("n2")) }, cert, "this node is spiffe://prod/node/n1"},
		"other place": {func(f *certs.Files) { ca.put(*f, certs.Identity{Cluster: "test", Role: certs.RoleNode, Name: "n1"}) }, cert, "spiffe://test/node/n1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFiles(t)
			ca.put(f, node("n1"))
			if _, err := certs.OpenNodes(f, "prod", "n1"); err != nil {
				t.Fatalf("good files: %v", err)
			}
			test.spoil(&f)
			_, err := certs.OpenNodes(f, "prod", "n1")
			if err == nil {
				t.Fatal("was taken")
			}
			if text := err.Error(); !strings.Contains(text, test.fault(f)) || !strings.Contains(text, test.says) {
				t.Errorf("%s does not name %s, or not %q", text, test.fault(f), test.says)
			}
		})
	}
	f := newFiles(t)
	ca.put(f, node("n1"))
	for _, cluster := range []string{"", "a b", "a/b", "a..b", strings.Repeat("a", 65)} {
		if _, err := certs.OpenNodes(f, cluster, "n1"); err == nil {
			t.Errorf("cluster name %q was taken", cluster)
		}
	}
}

func cert(f certs.Files) string        { return f.Cert }
func key(f certs.Files) string         { return f.Key }
func authorities(f certs.Files) string { return f.CA }

func chmod(t *testing.T, name string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(name, mode); err != nil {
		t.Fatal(err)
	}
}
