package trust_test

import (
	"fmt"

	"roster/client/trust"
)

func Example() {
	fmt.Println(trust.Files{}.Scheme(), trust.Files{CA: "ca.crt"}.Scheme())
	_, err := trust.Files{Cert: "ops.crt"}.Config()
	fmt.Println(err)
	// Output:
	// http https
	// Cert: a certificate and its key belong together: give both or neither
}
