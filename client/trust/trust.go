package trust

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"roster"
)

// The environment variables that name the files.
const (
	CAEnv   = "ROSTER_CA"
	CertEnv = "ROSTER_CLIENT_CERT"
	KeyEnv  = "ROSTER_CLIENT_KEY"
)

// FromEnv returns the files that the environment names.
func FromEnv(env func(string) string) Files {
	return Files{CA: env(CAEnv), Cert: env(CertEnv), Key: env(KeyEnv)}
}

// Files names the PEM files by which a client speaks HTTPS. The zero value trusts whom
// the machine trusts and shows no certificate.
type Files struct {
	CA        string // certificates to trust instead of the machine's
	Cert, Key string // what the client shows to nodes that ask for it
}

// Config reads the files. For the zero value it is what Go does by itself.
func (f Files) Config() (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if f.CA != "" {
		raw, err := os.ReadFile(f.CA)
		if err != nil {
			return nil, roster.Invalid("CA", "%v", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(raw) {
			return nil, roster.Invalid("CA", "%s holds no certificate in PEM", f.CA)
		}
	}
	if (f.Cert == "") != (f.Key == "") {
		return nil, roster.Invalid("Cert", "a certificate and its key belong together: give both or neither")
	}
	if f.Cert != "" {
		pair, err := tls.LoadX509KeyPair(f.Cert, f.Key)
		if err != nil {
			return nil, roster.Invalid("Cert", "%s and %s: %v", f.Cert, f.Key, err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

// Scheme is that of addresses that name none: who names files wants HTTPS.
func (f Files) Scheme() string {
	if f == (Files{}) {
		return "http"
	}
	return "https"
}

// Dialer opens connections under TLS for an http.Transport.
type Dialer struct {
	net.Dialer
	TLS   *tls.Config
	Limit time.Duration // of one connection, with its handshake
	asked atomic.Bool
}

// Dial opens a connection. Its faults are those of dialling: they are certain to have
// left the request behind.
func (d *Dialer) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, d.Limit)
	defer cancel()
	raw, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c := d.TLS.Clone()
	c.NextProtos = []string{"h2", "http/1.1"}
	if c.ServerName, _, err = net.SplitHostPort(address); err != nil {
		c.ServerName = address
	}
	if len(c.Certificates) == 0 {
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			d.asked.Store(true)
			return new(tls.Certificate), nil
		}
	}
	conn := tls.Client(raw, c)
	if err := conn.HandshakeContext(ctx); err != nil {
		_ = raw.Close()
		return nil, &net.OpError{Op: "dial", Net: network, Addr: raw.RemoteAddr(), Err: err}
	}
	return conn, nil
}

// Asked reports whether somebody has asked for a certificate and there was none to show.
// Who insists on one hangs up, and whether the words that it says before are heard
// depends on which of two things the other end of the connection does first.
func (d *Dialer) Asked() bool { return d != nil && d.asked.Load() }

// Remedy is what helps against nodes that ask for a certificate.
const Remedy = "give one of its CA with --client-cert and --client-key"

// Explain says what an error of TLS with the node at base means and what to do about
// it; nil when it is none. Nothing has been executed by then. An error of CodeInvalid
// is final; after another one, another node may do better.
func Explain(base string, err error) *roster.Error {
	text := ""
	_, isOther := errors.AsType[tls.RecordHeaderError](err)
	unknown, isUnknown := errors.AsType[x509.UnknownAuthorityError](err)
	bad, isBad := errors.AsType[*tls.CertificateVerificationError](err)
	switch {
	case isOther, errors.Is(err, http.ErrSchemeMismatch):
		return roster.Errorf(roster.CodeInvalid, "%s does not speak HTTPS: give the address with http://", base)
	case isUnknown:
		text, err = "%s shows a certificate of an authority that is not trusted here: name its CA with --ca or ROSTER_CA", unknown
	case isBad:
		text, err = "the certificate of %s is not accepted", bad.Err
	case refusesCertificate(err):
		text = "%s asks for a client's certificate, or refuses this one: " + Remedy
	default:
		return nil
	}
	e := roster.Errorf(roster.CodeDenied, text, base)
	e.Cause = err
	return e
}

// refusesCertificate reports whether the other end's TLS said that it wants another
// certificate. It says so within the handshake alone, which may end after the client's
// part of it; its words have no type of their own.
func refusesCertificate(err error) bool {
	text := err.Error()
	at := strings.Index(text, "remote error: tls: ")
	return at >= 0 && strings.Contains(text[at:], "certificate")
}

// plainHTTP is how Go's servers answer on a port of HTTPS to who speaks HTTP.
const plainHTTP = "Client sent an HTTP request to an HTTPS server."

// Wanted explains an answer of the node at base with a status: that of a port of HTTPS to a
// request without; nil when it is another.
func Wanted(base string, status int, body []byte) *roster.Error {
	if status != http.StatusBadRequest || !bytes.HasPrefix(body, []byte(plainHTTP)) {
		return nil
	}
	_, at, _ := strings.Cut(base, "://")
	return roster.Errorf(roster.CodeInvalid, "%s speaks HTTPS: give the address as https://%s, and its CA with --ca or ROSTER_CA", base, at)
}
