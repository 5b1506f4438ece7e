package certs

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"os"
	"time"

	"roster"
)

// fileBytesMax bounds each file.
const fileBytesMax = 1 << 20

// Files names PEM files.
type Files struct {
	CA   string // certificates to trust, one or several; "" where nobody is to be trusted
	Cert string // this end's certificate, then those between it and the CA
	Key  string // its private key
}

// Set is what the files held at one moment.
type Set struct {
	Chain tls.Certificate
	Roots *x509.CertPool // nil without a CA
	files Files
}

// contents is what was read.
type contents struct{ ca, cert, key []byte }

// Load reads and checks the files. Every error names the file that is at fault.
func Load(f Files) (*Set, error) {
	c, err := f.read()
	if err != nil {
		return nil, err
	}
	return f.parse(c)
}

// read reads the files, and refuses a key that everybody can read: whoever has it can
// pass for this end.
func (f Files) read() (c contents, err error) {
	for _, one := range []struct {
		name string
		to   *[]byte
	}{{f.CA, &c.ca}, {f.Cert, &c.cert}, {f.Key, &c.key}} {
		if one.name == "" {
			continue
		}
		if *one.to, err = readFile(one.name, one.name == f.Key); err != nil {
			return contents{}, err
		}
	}
	return c, nil
}

func readFile(name string, secret bool) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err // which names the file
	}
	defer file.Close()
	stat, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if secret && stat.Mode().Perm()&0o006 != 0 {
		return nil, fmt.Errorf("%s can be read by everybody: run chmod 600 %s", name, name)
	}
	raw, err := io.ReadAll(io.LimitReader(file, fileBytesMax+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(raw) > fileBytesMax {
		return nil, fmt.Errorf("%s has more than %d bytes", name, fileBytesMax)
	}
	return raw, nil
}

// parse makes a set of what was read.
func (f Files) parse(c contents) (*Set, error) {
	s := &Set{files: f}
	if f.CA != "" {
		s.Roots = x509.NewCertPool()
		authorities, err := certificates(c.ca)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.CA, err)
		}
		for _, authority := range authorities {
			if !authority.IsCA {
				return nil, fmt.Errorf("%s holds the certificate of %q, which is no CA", f.CA, authority.Subject)
			}
			s.Roots.AddCert(authority)
		}
	}
	chain, err := certificates(c.cert)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Cert, err)
	}
	if block, _ := pem.Decode(c.key); block == nil {
		return nil, fmt.Errorf("%s holds no private key in PEM", f.Key)
	}
	if s.Chain, err = tls.X509KeyPair(c.cert, c.key); err != nil {
		return nil, fmt.Errorf("%s is not the key of %s: %w", f.Key, f.Cert, err)
	}
	s.Chain.Leaf = chain[0]
	return s, s.timely(time.Now())
}

// certificates reads all certificates of a PEM file; none is an error.
func certificates(raw []byte) (out []*x509.Certificate, err error) {
	for len(bytes.TrimSpace(raw)) > 0 {
		var block *pem.Block
		if block, raw = pem.Decode(raw); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("holds no certificate in PEM")
	}
	return out, nil
}

// timely refuses a certificate outside its time.
func (s *Set) timely(now time.Time) error {
	switch leaf := s.Chain.Leaf; {
	case now.After(leaf.NotAfter):
		return fmt.Errorf("%s has expired at %s: have another issued", s.files.Cert, leaf.NotAfter.Format(time.RFC3339))
	case now.Before(leaf.NotBefore):
		return fmt.Errorf("%s is not valid before %s: look at the clock of this machine", s.files.Cert, leaf.NotBefore.Format(time.RFC3339))
	}
	return nil
}

// Expires is when this end's certificate does.
func (s *Set) Expires() time.Time { return s.Chain.Leaf.NotAfter }

// chain returns this end's certificates, its own first.
func (s *Set) chain() ([]*x509.Certificate, error) {
	out := make([]*x509.Certificate, len(s.Chain.Certificate))
	for i, raw := range s.Chain.Certificate {
		c, err := x509.ParseCertificate(raw)
		if err != nil {
			return nil, err
		}
		out[i] = c
	}
	return out, nil
}

// judge says who stands behind a chain that was shown in a handshake, for a use, or why
// nobody may. Every error is Denied.
func (s *Set) judge(chain []*x509.Certificate, use x509.ExtKeyUsage) (Identity, error) {
	if len(chain) == 0 {
		return Identity{}, denied("no certificate is shown")
	}
	between := x509.NewCertPool()
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	roots := s.Roots
	if roots == nil {
		roots = x509.NewCertPool() // nobody, where nil would be whom the system trusts
	}
	// The host is not looked at: nodes move between addresses, and the role says who it is.
	if _, err := chain[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, KeyUsages: []x509.ExtKeyUsage{use}}); err != nil {
		e := denied("the certificate of %q is not accepted", chain[0].Subject)
		e.Cause = err
		return Identity{}, e
	}
	i, err := IdentityOf(chain[0])
	if err != nil {
		return Identity{}, denied("%v", err)
	}
	return i, nil
}

func denied(format string, values ...any) *roster.Error {
	return roster.Errorf(roster.CodeDenied, format, values...)
}
