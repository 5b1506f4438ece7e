package certs

import (
	"crypto/tls"
	"crypto/x509"
)

// Web secures the HTTP API: TLS 1.2 or later, and certificates of clients where there is
// a CA for them.
type Web struct {
	*Source
	cluster string
}

// OpenWeb reads the files. Their CA is that of clients; without one, nobody needs a
// certificate. An error names the file at fault.
func OpenWeb(f Files, cluster string) (*Web, error) {
	source, err := Open(f, nil)
	if err != nil {
		return nil, err
	}
	return &Web{Source: source, cluster: cluster}, nil
}

// Config is for an http.Server, which adds the protocols that it speaks.
func (w *Web) Config() *tls.Config {
	c := &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &w.Current().Chain, nil },
	}
	if w.files.CA != "" {
		c.ClientAuth = tls.RequireAnyClientCert
		// It is asked again when a session is resumed, so that no ticket outlives its CA.
		c.VerifyConnection = func(state tls.ConnectionState) error {
			i, err := w.Current().judge(state.PeerCertificates, x509.ExtKeyUsageClientAuth)
			if err == nil && i.Cluster != w.cluster {
				err = denied("the certificate is that of %s, of another cluster than %s", i, w.cluster)
			}
			return err
		}
	}
	return c
}
