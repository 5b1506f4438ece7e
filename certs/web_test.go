package certs_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"roster/certs"
)

// TestCallers: anybody without a CA for clients; with one, those of the cluster.
func TestCallers(t *testing.T) {
	ca, foreign := newIssuer(t, "prod"), newIssuer(t, "prod")
	f := newFiles(t)
	ca.put(f, node("n1"))
	open := f
	open.CA = ""
	ops := certs.Identity{Cluster: "prod", Role: certs.RoleClient, Name: "ops"}
	elsewhere := certs.Identity{Cluster: "test", Role: certs.RoleClient, Name: "ops"}
	for name, test := range map[string]struct {
		files  certs.Files
		show   *tls.Certificate
		wanted bool
	}{
		"open, none":      {open, nil, true},
		"closed, none":    {f, nil, false},
		"closed, client":  {f, pair(t, ca, ops), true},
		"closed, node":    {f, pair(t, ca, node("n2")), true},
		"closed, foreign": {f, pair(t, foreign, ops), false},
		"closed, other":   {f, pair(t, ca, elsewhere), false},
	} {
		t.Run(name, func(t *testing.T) {
			web, err := certs.OpenWeb(test.files, "prod")
			if err != nil {
				t.Fatal(err)
			}
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			server.Listener = tls.NewListener(server.Listener, web.Config())
			server.Start()
			defer server.Close()
			c := &tls.Config{RootCAs: x509.NewCertPool()}
			c.RootCAs.AppendCertsFromPEM(ca.ca.Cert)
			if test.show != nil {
				c.Certificates = []tls.Certificate{*test.show}
			}
			client := &http.Client{Transport: &http.Transport{TLSClientConfig: c}}
			defer client.CloseIdleConnections()
			response, err := client.Get("https://" + server.Listener.Addr().String())
			if (err == nil) != test.wanted {
				t.Errorf("answer: %v", err)
			}
			if err == nil {
				response.Body.Close()
			}
		})
	}
}

func pair(t *testing.T, ca issuer, who certs.Identity) *tls.Certificate {
	t.Helper()
	p := ca.issue(who, time.Now())
	c, err := tls.X509KeyPair(p.Cert, p.Key)
	if err != nil {
		t.Fatal(err)
	}
	return &c
}
