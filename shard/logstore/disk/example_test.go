package disk_test

import (
	"fmt"
	"os"

	"roster/shard/logstore/disk"
)

func Example() {
	dir, err := os.MkdirTemp("", "disk")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	fs, err := disk.OS(dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	f, err := fs.Create("a", 512)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer f.Close()
	_, err = f.WriteAt([]byte("kept"), 8)
	fmt.Println(err, f.Sync(), fs.Sync()) // bytes and name are safe now
	size, err := f.Size()
	fmt.Println(size, err)
	// Output:
	// <nil> <nil> <nil>
	// 512 <nil>
}
