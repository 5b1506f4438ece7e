package authority

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/url"
	"regexp"
	"time"

	"roster/certs"
)

// skew is how long before its beginning a certificate is valid already: clocks differ.
const skew = 5 * time.Minute

// serialBits is the size of serial numbers, which are drawn at random.
const serialBits = 127

// hostName is what may stand in a certificate as the name of a host.
var hostName = regexp.MustCompile(`^(\*\.)?[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*$`)

// PEM is a certificate and its private key, as they stand in files.
type PEM struct{ Cert, Key []byte }

// Authority issues certificates of one cluster.
type Authority struct {
	cluster string
	cert    *x509.Certificate
	key     *ecdsa.PrivateKey
}

// Leaf is a certificate to issue.
type Leaf struct {
	certs.Identity
	// Hosts are the names and addresses under which HTTPS reaches its holder.
	Hosts       []string
	From, Until time.Time
}

// New makes an authority for a cluster, valid until a moment.
func New(cluster string, from, until time.Time) (PEM, error) {
	if err := (certs.Identity{Cluster: cluster, Role: certs.RoleNode, Name: "n"}).Validate(); err != nil {
		return PEM{}, err
	}
	// The cluster's URI, without a path, is how SPIFFE marks who signs for a cluster.
	t, err := template("Roster CA of "+cluster, &url.URL{Scheme: "spiffe", Host: cluster}, from, until)
	if err != nil {
		return PEM{}, err
	}
	t.IsCA, t.BasicConstraintsValid, t.MaxPathLenZero = true, true, true
	t.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	return sign(t, nil)
}

// Parse reads what New returned.
func Parse(p PEM) (*Authority, error) {
	block, _ := pem.Decode(p.Cert)
	if block == nil {
		return nil, errors.New("no certificate in PEM")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, err
	}
	if block, _ = pem.Decode(p.Key); block == nil {
		return nil, errors.New("no private key in PEM")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	switch {
	case !ok || !key.PublicKey.Equal(cert.PublicKey):
		return nil, errors.New("the key is not that of the certificate")
	case !cert.IsCA || len(cert.URIs) != 1 || cert.URIs[0].Host == "":
		return nil, errors.New("not the CA of a cluster, as roster tls ca makes it")
	}
	return &Authority{cluster: cert.URIs[0].Host, cert: cert, key: key}, nil
}

// Cluster is the name of the cluster that it signs for.
func (a *Authority) Cluster() string { return a.cluster }

// Expires is when the authority itself does, and all that it issued.
func (a *Authority) Expires() time.Time { return a.cert.NotAfter }

// Issue signs a certificate, with a new key.
func (a *Authority) Issue(l Leaf) (PEM, error) {
	if err := l.Validate(); err != nil {
		return PEM{}, err
	}
	t, err := template(l.Name, l.URI(), l.From, l.Until)
	if err != nil {
		return PEM{}, err
	}
	for _, host := range l.Hosts {
		ip := net.ParseIP(host)
		switch {
		case ip != nil:
			t.IPAddresses = append(t.IPAddresses, ip)
		case hostName.MatchString(host):
			t.DNSNames = append(t.DNSNames, host)
		default:
			return PEM{}, fmt.Errorf("host %q: want a name or an address, without scheme and port", host)
		}
	}
	t.KeyUsage = x509.KeyUsageDigitalSignature
	t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	if l.Role == certs.RoleNode {
		t.ExtKeyUsage = append(t.ExtKeyUsage, x509.ExtKeyUsageServerAuth)
	}
	return sign(t, a)
}

func template(name string, uri *url.URL, from, until time.Time) (*x509.Certificate, error) {
	if !until.After(from) {
		return nil, fmt.Errorf("a certificate that ends at %s, before it begins", until.Format(time.RFC3339))
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), serialBits))
	if err != nil {
		return nil, err
	}
	return &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: name, Organization: []string{"Roster"}},
		URIs: []*url.URL{uri}, NotBefore: from.Add(-skew), NotAfter: until}, nil
}

// sign gives t a key and signs it; by itself, without an authority.
func sign(t *x509.Certificate, a *Authority) (PEM, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return PEM{}, err
	}
	parent, signer := t, key
	if a != nil {
		parent, signer = a.cert, a.key
	}
	cert, err := x509.CreateCertificate(rand.Reader, t, parent, &key.PublicKey, signer)
	if err != nil {
		return PEM{}, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return PEM{}, err
	}
	return PEM{Cert: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}),
		Key: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})}, nil
}
