package platter_test

import (
	"fmt"

	"roster/internal/platter"
)

func Example() {
	d := platter.New(1)
	fs := d.FS()
	f, err := fs.Create("a", platter.Sector)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = f.WriteAt([]byte("kept"), 0)
	fmt.Println(err, f.Sync(), fs.Sync())

	d.PowerCut()
	_, err = f.WriteAt([]byte("lost"), 0)
	fmt.Println(err)
	content, _ := d.Read("a")
	fmt.Printf("%s\n", content[:4])
	// Output:
	// <nil> <nil> <nil>
	// write a: the machine is off
	// kept
}
