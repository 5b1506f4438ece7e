package authority_test

import (
	"crypto/x509"
	"encoding/pem"
	"slices"
	"testing"
	"time"

	"roster/certs"
	"roster/certs/authority"
)

// at is when the authorities of these tests begin.
func at() time.Time { return time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC) }

func TestIssue(t *testing.T) {
	ca, err := authority.New("prod", at(), at().AddDate(10, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	a, err := authority.Parse(ca)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca.Cert)
	for role, uses := range map[certs.Role][]x509.ExtKeyUsage{
		certs.RoleNode:   {x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
		certs.RoleClient: {x509.ExtKeyUsageClientAuth},
	} {
		who := certs.Identity{Cluster: a.Cluster(), Role: role, Name: "x"}
		p, err := a.Issue(authority.Leaf{Identity: who, Hosts: []string{"x.example", "10.0.0.1", "::1"}, From: at(), Until: at().AddDate(1, 0, 0)})
		if err != nil {
			t.Fatal(err)
		}
		block, _ := pem.Decode(p.Cert)
		leaf, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(leaf.ExtKeyUsage, uses) || len(leaf.IPAddresses) != 2 || leaf.VerifyHostname("x.example") != nil {
			t.Errorf("%s: uses %v, addresses %v, names %v", role, leaf.ExtKeyUsage, leaf.IPAddresses, leaf.DNSNames)
		}
		if got, err := certs.IdentityOf(leaf); got != who || err != nil {
			t.Errorf("is that of %v, %v", got, err)
		}
		for years, wanted := range map[int]bool{0: true, 2: false, -1: false} {
			_, err := leaf.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: at().AddDate(years, 0, 1), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
			if (err == nil) != wanted {
				t.Errorf("%s after %d years: %v", role, years, err)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	if _, err := authority.New("two words", at(), at().AddDate(1, 0, 0)); err == nil {
		t.Error("a cluster of two words was taken")
	}
	if _, err := authority.New("prod", at(), at()); err == nil {
		t.Error("an authority without time was made")
	}
	one, err := authority.New("prod", at(), at().AddDate(1, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	two, err := authority.New("prod", at(), at().AddDate(1, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	a, err := authority.Parse(one)
	if err != nil {
		t.Fatal(err)
	}
	leaf := authority.Leaf{Identity: certs.Identity{Cluster: "prod", Role: certs.RoleClient, Name: "ops"}, From: at(), Until: at().AddDate(1, 0, 0)}
	issued, err := a.Issue(leaf)
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string]authority.PEM{"empty": {}, "no key": {Cert: one.Cert}, "another's key": {Cert: one.Cert, Key: two.Key}, "a leaf": issued} {
		if _, err := authority.Parse(p); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	for _, host := range []string{"", "https://x.example", "x.example:7400", "10.0.0.1:7400", "a b", "-x", "x..y"} {
		leaf.Hosts = []string{host}
		if _, err := a.Issue(leaf); err == nil {
			t.Errorf("host %q was taken", host)
		}
	}
	leaf.Hosts = []string{"*.x.example", "node_1", "10.0.0.1"}
	if _, err := a.Issue(leaf); err != nil {
		t.Error(err)
	}
	leaf.Name = "../ops"
	if _, err := a.Issue(leaf); err == nil {
		t.Error("a name with a path was taken")
	}
}
