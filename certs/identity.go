package certs

import (
	"crypto/x509"
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// Role is what the holder of a certificate is to its cluster.
type Role string

// The roles.
const (
	RoleNode   Role = "node"   // speaks on the port between nodes
	RoleClient Role = "client" // calls the HTTP API
)

// Identity is what a certificate says about its holder.
type Identity struct {
	Cluster string // name of the cluster, as nodes are given it
	Role    Role
	Name    string // of a node: the name that its id begins with
}

const scheme = "spiffe"

// Names that stand in a URI without escapes, so that two spellings of one name cannot
// pass for two names, nor one for the other.
var (
	clusterName = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)
	holderName  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)
)

// Validate reports what keeps an identity out of a certificate.
func (i Identity) Validate() error {
	switch {
	case !clusterName.MatchString(i.Cluster) || len(i.Cluster) > 64:
		return fmt.Errorf("cluster name %q cannot stand in a certificate: want 1 to 64 of A-Z a-z 0-9 - _ and single dots", i.Cluster)
	case i.Role != RoleNode && i.Role != RoleClient:
		return fmt.Errorf("role %q: want %s or %s", i.Role, RoleNode, RoleClient)
	case !holderName.MatchString(i.Name):
		return fmt.Errorf("name %q cannot stand in a certificate: want 1 to 64 of A-Z a-z 0-9 - _ . beginning with a letter or digit", i.Name)
	}
	return nil
}

// URI returns the identity as it stands in a certificate.
func (i Identity) URI() *url.URL {
	return &url.URL{Scheme: scheme, Host: i.Cluster, Path: "/" + string(i.Role) + "/" + i.Name}
}

// String returns the URI as text.
func (i Identity) String() string { return i.URI().String() }

// IdentityOf reads the identity in a certificate. One with several URIs has none: it
// would be somebody else to whoever looks at another of them.
func IdentityOf(c *x509.Certificate) (Identity, error) {
	if len(c.URIs) != 1 {
		return Identity{}, fmt.Errorf("the certificate has %d URIs as names: want one, spiffe://<cluster>/<role>/<name>", len(c.URIs))
	}
	u := c.URIs[0]
	role, name, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	i := Identity{Cluster: u.Host, Role: Role(role), Name: name}
	// The comparison leaves no room for users, ports, queries and escapes.
	if i.Validate() != nil || i.String() != u.String() {
		return Identity{}, fmt.Errorf("the certificate is that of %q: want spiffe://<cluster>/<role>/<name>, role %s or %s", u, RoleNode, RoleClient)
	}
	return i, nil
}
