package machine_test

import (
	"context"
	"fmt"
	"os"

	"roster/cmd/node/doctor/machine"
)

func Example() {
	dir, err := os.MkdirTemp("", "roster")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	f, err := machine.Measure(context.Background(), dir)
	left, _ := os.ReadDir(dir)
	fmt.Println(err, f.SyncP50 > 0, f.SyncP50 <= f.SyncP99, f.Free <= f.Size, len(left))
	_, err = machine.Measure(context.Background(), dir+"/none")
	fmt.Println(err != nil)
	// Output:
	// <nil> true true true 0
	// true
}
