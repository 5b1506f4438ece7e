package certs_test

import (
	"crypto/x509"
	"fmt"
	"net/url"

	"roster/certs"
)

func ExampleIdentityOf() {
	for _, text := range []string{"spiffe://prod/node/n1", "https://prod.example/n1"} {
		u, err := url.Parse(text)
		if err != nil {
			fmt.Println(err)
			return
		}
		who, err := certs.IdentityOf(&x509.Certificate{URIs: []*url.URL{u}})
		fmt.Println(who.Role, who.Name, err)
	}
	// Output:
	// node n1 <nil>
	//   the certificate is that of "https://prod.example/n1": want spiffe://<cluster>/<role>/<name>, role node or client
}
