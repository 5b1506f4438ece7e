package main

import (
	"crypto/tls"
	"io"
	"log"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"roster/certs"
	"roster/httpapi"
	"roster/internal/memservice"
)

// newSecured returns a CLI in whose directory a CA and certificates are, and the address
// of a service over HTTPS that asks for a client's.
func newSecured(t *testing.T) (c *cli, dir, address string) {
	t.Helper()
	c, dir = &cli{t: t, env: map[string]string{}}, filepath.Join(t.TempDir(), "pki")
	c.ok("tls", "ca", "--out", dir, "--cluster", "prod")
	c.ok("tls", "node", "--dir", dir, "--name", "n1")
	c.ok("tls", "client", "--dir", dir, "--name", "ops")
	at := func(name string) string { return filepath.Join(dir, name) }
	web, err := certs.OpenWeb(certs.Files{CA: at("ca.crt"), Cert: at("n1.crt"), Key: at("n1.key")}, "prod")
	if err != nil {
		t.Fatal(err)
	}
	service := memservice.New(memservice.Config{})
	server := httptest.NewUnstartedServer(httpapi.New(service, httpapi.Options{}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Listener = tls.NewListener(server.Listener, web.Config()) // StartTLS would show a certificate of its own
	server.Start()
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		service.Close()
	})
	return c, dir, server.Listener.Addr().String()
}

func TestCommandsOverHTTPS(t *testing.T) {
	c, dir, address := newSecured(t)
	at := func(name string) string { return filepath.Join(dir, name) }
	c.ok("status", "--addr", "https://"+address, "--ca", at("ca.crt"), "--client-cert", at("ops.crt"), "--client-key", at("ops.key"))
	for command, want := range map[string]string{
		"status --addr https://" + address:                               "--ca",
		"status --addr http://" + address:                                "https://" + address,
		"status --addr https://" + address + " --ca " + at("none"):       "no such file",
		"status --addr https://" + address + " --ca " + at("ca.crt"):     "--client-cert",
		"status --addr https://" + address + " --client-cert " + at("x"): "belong together",
		"tls node --dir " + dir + " --name n1":                           "is there already",
	} {
		got := c.run(strings.Fields(command)...)
		if got.status == 0 {
			t.Errorf("%s: exit 0", command)
		}
		has(t, command, got.stderr, want)
	}
	c.env = map[string]string{"ROSTER_ADDR": address, "ROSTER_CA": at("ca.crt"), "ROSTER_CLIENT_CERT": at("ops.crt"), "ROSTER_CLIENT_KEY": at("ops.key")}
	c.ok("status")
	c.env = map[string]string{"ROSTER_HTTP": address, "ROSTER_TLS_CA": at("ca.crt"), "ROSTER_TLS_CERT": at("n1.crt"), "ROSTER_TLS_KEY": at("n1.key")}
	c.ok("healthcheck")
}
