package tls_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"roster/certs"
	"roster/cmd/node/tls"
)

// run runs one of the commands and returns what it prints.
func run(make func(tls.Options) *cobra.Command, args ...string) (string, error) {
	var out bytes.Buffer
	cmd := make(tls.Options{Stdout: &out, Program: "roster", Usage: fmt.Errorf,
		Args: func(check cobra.PositionalArgs) cobra.PositionalArgs { return check }})
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(args)
	err := cmd.Execute()
	return out.String(), err
}

func TestIssuedFilesServe(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pki")
	for _, step := range []struct {
		make func(tls.Options) *cobra.Command
		args []string
		says string
	}{
		{tls.CA, []string{"--out", dir, "--cluster", "prod"}, "tls node --dir " + dir},
		{tls.Node, []string{"--dir", dir, "--name", "n1", "--host", "n1.example,10.0.0.1"}, "--cluster prod --name n1 --tls-ca " + dir},
		{tls.Client, []string{"--dir", dir, "--name", "ops"}, "--client-cert " + dir},
	} {
		out, err := run(step.make, step.args...)
		if err != nil || !strings.Contains(out, step.says) {
			t.Fatalf("%v: %q, %v", step.args, out, err)
		}
		if _, err := run(step.make, step.args...); err == nil || !strings.Contains(err.Error(), "is there already") {
			t.Errorf("%v again: %v", step.args, err)
		}
	}
	f := certs.Files{CA: filepath.Join(dir, "ca.crt"), Cert: filepath.Join(dir, "n1.crt"), Key: filepath.Join(dir, "n1.key")}
	n, err := certs.OpenNodes(f, "prod", "n1")
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"n1.example", "10.0.0.1", "localhost", "127.0.0.1", "::1"} {
		if err := n.Current().Chain.Leaf.VerifyHostname(host); err != nil {
			t.Error(err)
		}
	}
	f.Cert, f.Key = filepath.Join(dir, "ops.crt"), filepath.Join(dir, "ops.key")
	if _, err := certs.OpenNodes(f, "prod", "ops"); err == nil {
		t.Error("a client's certificate makes a node")
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 6 {
		t.Errorf("%d files, %v", len(entries), err)
	}
	for _, entry := range entries {
		if info, err := entry.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", entry.Name(), info.Mode(), err)
		}
	}
}

// TestHalfAPairStays: where one of two files is there, neither is written.
func TestHalfAPairStays(t *testing.T) {
	dir := t.TempDir()
	if _, err := run(tls.CA, "--out", dir, "--cluster", "prod"); err != nil {
		t.Fatal(err)
	}
	for _, ending := range []string{"key", "crt"} {
		name := filepath.Join(dir, "n-"+ending+"."+ending)
		if err := os.WriteFile(name, []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := run(tls.Node, "--dir", dir, "--name", "n-"+ending); err == nil {
			t.Errorf("%s was overwritten", name)
		}
		if raw, err := os.ReadFile(name); err != nil || string(raw) != "mine" {
			t.Errorf("%s holds %q, %v", name, raw, err)
		}
		if found, err := filepath.Glob(filepath.Join(dir, "n-"+ending+".*")); err != nil || len(found) != 1 {
			t.Errorf("%v, %v", found, err)
		}
	}
}

func TestUsage(t *testing.T) {
	dir := t.TempDir()
	for want, got := range map[string]func() (string, error){
		"--out":                   func() (string, error) { return run(tls.CA, "--cluster", "prod") },
		"--cluster":               func() (string, error) { return run(tls.CA, "--out", dir) },
		"--days 0":                func() (string, error) { return run(tls.CA, "--out", dir, "--cluster", "prod", "--days", "0") },
		"--dir":                   func() (string, error) { return run(tls.Node, "--name", "n1") },
		"a CA is made by":         func() (string, error) { return run(tls.Node, "--dir", dir, "--name", "n1") },
		"--name: say whose":       func() (string, error) { return run(tls.Client, "--dir", dir) },
		"--days 40000: want 1 to": func() (string, error) { return run(tls.Client, "--dir", dir, "--name", "x", "--days", "40000") },
	} {
		if out, err := got(); err == nil || !strings.Contains(err.Error(), want) || out != "" {
			t.Errorf("%q, %v; want %s", out, err, want)
		}
	}
}
