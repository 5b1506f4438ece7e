package certs

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"

	"roster"
)

// Nodes secures connections between the nodes of one cluster, on both sides: TLS 1.3,
// certificates of one CA, the role of a node. It is a transport.Security.
type Nodes struct {
	*Source
	cluster string
}

// OpenNodes reads the files of the node called name. An error names the file at fault.
func OpenNodes(f Files, cluster, name string) (*Nodes, error) {
	self := Identity{Cluster: cluster, Role: RoleNode, Name: name}
	if err := self.Validate(); err != nil {
		return nil, err
	}
	source, err := Open(f, func(s *Set) error { return s.fits(self) })
	if err != nil {
		return nil, err
	}
	return &Nodes{Source: source, cluster: cluster}, nil
}

// fits reports why the other nodes would refuse s, as they would do it.
func (s *Set) fits(self Identity) error {
	chain, err := s.chain()
	if err != nil {
		return fmt.Errorf("%s: %w", s.files.Cert, err)
	}
	got, err := IdentityOf(chain[0])
	if err != nil {
		return fmt.Errorf("%s: %w", s.files.Cert, err)
	}
	if got != self {
		return fmt.Errorf("%s is the certificate of %s, and this node is %s: roster tls node issues such a one", s.files.Cert, got, self)
	}
	for _, use := range []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth} {
		if _, err := s.judge(chain, use); err != nil {
			return fmt.Errorf("%s, under the CA of %s: %w", s.files.Cert, s.files.CA, err)
		}
	}
	return nil
}

// Server secures a connection that a peer opened.
func (n *Nodes) Server(raw net.Conn) *tls.Conn {
	return tls.Server(raw, n.config(x509.ExtKeyUsageClientAuth))
}

// Client secures a connection to a peer.
func (n *Nodes) Client(raw net.Conn) *tls.Conn {
	return tls.Client(raw, n.config(x509.ExtKeyUsageServerAuth))
}

// config is that of one connection, so that it holds to one set from begin to end.
func (n *Nodes) config(peer x509.ExtKeyUsage) *tls.Config {
	set := n.Current()
	return &tls.Config{
		MinVersion:   tls.VersionTLS13,
		Certificates: []tls.Certificate{set.Chain},
		ClientAuth:   tls.RequireAnyClientCert,
		// It leaves chain and name to VerifyConnection, which judges both sides alike.
		InsecureSkipVerify: true,
		VerifyConnection: func(state tls.ConnectionState) error {
			i, err := set.judge(state.PeerCertificates, peer)
			if err != nil {
				return err
			}
			return n.admit(i)
		},
		// Connections between nodes last; a ticket would outlive the CA that was withdrawn.
		SessionTicketsDisabled: true,
	}
}

// admit refuses whoever is no node of this cluster.
func (n *Nodes) admit(i Identity) error {
	if i.Cluster != n.cluster {
		return denied("the certificate is that of %s, of another cluster than %s", i, n.cluster)
	}
	if i.Role != RoleNode {
		return denied("the certificate is that of %s, which is no node", i)
	}
	return nil
}

// idSuffixBytes is what a node's id has beside its name: "-" and eight digits.
const idSuffixBytes = 9

// Vouch reports whether the certificate at the other end is that of the node with an
// id. Denied: it is another's.
func (n *Nodes) Vouch(state tls.ConnectionState, node roster.NodeID) error {
	if len(state.PeerCertificates) == 0 {
		return denied("no certificate is shown")
	}
	return vouch(state.PeerCertificates[0], node)
}

// Own reports whether this end's certificate is that of the node with an id: a node that
// is called otherwise than when its directory was new keeps its id, and so its name.
func (n *Nodes) Own(node roster.NodeID) error {
	err := vouch(n.Current().Chain.Leaf, node)
	if err != nil {
		return denied("%s: %v: start it under the name that its id begins with, and with a certificate for that", n.files.Cert, err)
	}
	return nil
}

func vouch(c *x509.Certificate, node roster.NodeID) error {
	i, err := IdentityOf(c)
	if err != nil {
		return denied("%v", err)
	}
	if len(node) <= idSuffixBytes || string(node[:len(node)-idSuffixBytes]) != i.Name {
		return denied("the certificate of %s does not vouch for node %s", i, node)
	}
	return nil
}
