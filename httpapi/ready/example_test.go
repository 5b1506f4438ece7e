package ready_test

import (
	"fmt"

	"roster"
	"roster/httpapi/ready"
)

func Example() {
	checks := []roster.Check{{Name: "leaders", OK: true, Detail: "every shard has a leader"}, {Name: "lease", Detail: "not renewed for 4s"}}
	for _, accept := range []string{"*/*", "text/html, */*;q=0.8", "application/json", ""} {
		fmt.Println(ready.WantsText(accept))
	}
	fmt.Print(ready.Text(checks))
	// Output:
	// true
	// true
	// false
	// false
	// [+] leaders  every shard has a leader
	// [-] lease    not renewed for 4s
	// not ready: lease
}
