package inside_test

import (
	"context"
	"fmt"
	"strings"

	"roster/httpapi/inside"
)

func Example() {
	ctx, cancel := context.WithCancel(context.Background())
	settings, err := inside.Look(ctx, "settings", "", map[string]string{"data-dir": "a"})
	fmt.Println(settings.Type, string(settings.Body), err)
	stacks, err := inside.Look(ctx, "stacks", "", nil)
	fmt.Println(strings.HasPrefix(string(stacks.Body), "goroutine "), err)
	for _, seconds := range []string{"0", "x", "21"} {
		_, err = inside.Look(ctx, "cpu", seconds, nil)
		fmt.Println(err)
	}
	_, err = inside.Look(ctx, "memory", "", nil)
	fmt.Println(err)
	cancel()
	_, err = inside.Look(ctx, "cpu", "20", nil) // ends with its caller
	fmt.Println(err)
	// Output:
	// application/json {"data-dir":"a"} <nil>
	// true <nil>
	// seconds: want a whole number from 1 to 20
	// seconds: want a whole number from 1 to 20
	// seconds: want a whole number from 1 to 20
	// there is no such part: want one of ["cpu" "settings" "stacks" "allocs" "block" "goroutine" "heap" "mutex" "threadcreate"]
	// context canceled
}
