package certs_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"roster/certs"
	"roster/certs/authority"
)

// issuer is a CA for tests.
type issuer struct {
	t  *testing.T
	ca authority.PEM
	*authority.Authority
}

func newIssuer(t *testing.T, cluster string) issuer {
	t.Helper()
	ca, err := authority.New(cluster, time.Now(), time.Now().Add(24*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	a, err := authority.Parse(ca)
	if err != nil {
		t.Fatal(err)
	}
	return issuer{t, ca, a}
}

// issue signs for an identity, for an hour from a moment.
func (i issuer) issue(who certs.Identity, from time.Time) authority.PEM {
	i.t.Helper()
	p, err := i.Issue(authority.Leaf{Identity: who, Hosts: []string{"localhost", "127.0.0.1"}, From: from, Until: from.Add(time.Hour)})
	if err != nil {
		i.t.Fatal(err)
	}
	return p
}

func node(name string) certs.Identity {
	return certs.Identity{Cluster: "prod", Role: certs.RoleNode, Name: name}
}

// newFiles names files in a directory of the test.
func newFiles(t *testing.T) certs.Files {
	dir := t.TempDir()
	return certs.Files{CA: filepath.Join(dir, "ca.crt"), Cert: filepath.Join(dir, "n.crt"), Key: filepath.Join(dir, "n.key")}
}

func write(t *testing.T, name string, raw []byte) {
	t.Helper()
	if err := os.WriteFile(name, raw, 0o600); err != nil {
		t.Fatal(err)
	}
}

// put writes what i issued for who into f.
func (i issuer) put(f certs.Files, who certs.Identity) {
	i.t.Helper()
	p := i.issue(who, time.Now())
	write(i.t, f.CA, i.ca.Cert)
	write(i.t, f.Cert, p.Cert)
	write(i.t, f.Key, p.Key)
}
