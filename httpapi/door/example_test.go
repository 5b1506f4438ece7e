package door_test

import (
	"fmt"
	"net/http/httptest"

	"roster/access"
	"roster/httpapi/door"
	"roster/httpapi/table"
)

// reader knows one token, which reads.
type reader struct{}

func (reader) Recognise(secret string) (access.Caller, error) {
	if secret != "rst_good" {
		return access.Caller{}, access.Unauthenticated("who is that?")
	}
	policy, err := access.ParsePolicy("read")
	return access.Caller{Principal: "a1", Policy: policy}, err
}

func Example() {
	for _, header := range []string{"", "Bearer rst_bad", "Bearer rst_good"} {
		for _, right := range []table.Right{{In: table.Open}, {Verb: access.Read, In: table.Named}, {Verb: access.Admin, In: table.Cluster}} {
			r := httptest.NewRequest("GET", "/", nil)
			if header != "" {
				r.Header.Set("Authorization", header)
			}
			_, _, err := door.Admit(r, right, reader{})
			fmt.Printf("%q %s: %v\n", header, right.In, err == nil)
		}
	}
	// Output:
	// "" open: true
	// "" named: false
	// "" cluster: false
	// "Bearer rst_bad" open: true
	// "Bearer rst_bad" named: false
	// "Bearer rst_bad" cluster: false
	// "Bearer rst_good" open: true
	// "Bearer rst_good" named: true
	// "Bearer rst_good" cluster: false
}
