package index_test

import (
	"fmt"

	"roster/shard/logstore/wal/index"
)

func Example() {
	var x index.Index
	for i := uint64(5); i <= 9; i++ {
		x.Put(i, index.Place{Seq: 1, Off: uint32(i), Size: 10})
	}
	x.Cut(7, 7, func(p index.Place) { fmt.Println("dead:", p.Off) })
	first, last := x.Bounds()
	_, ok := x.Get(7)
	fmt.Println(first, last, ok)
	// Output:
	// dead: 7
	// 5 9 false
}
