package twins_test

import (
	"fmt"
	"time"

	"roster/node/twins"
)

func Example() {
	t := twins.New(twins.Config{Age: func() time.Duration { return 3 * time.Second }})
	answer, err := t.Serve()
	fmt.Println(string(answer), err)
	// Output: {"age_ms":3000} <nil>
}
