package nemesis_test

import (
	"fmt"

	"roster/internal/testcluster/nemesis"
)

// What a seed lets happen can be read before it does.
func Example() {
	fmt.Print(nemesis.Draw(1, 3))
	// Output:
	// seed 1, 3 nodes
	//  0   1.000s for   7.131s  cut        n0 n2
	//  1   8.083s for  16.869s  drain      n1
	//  2  21.744s for   3.256s  pause      n0
	//  3  24.197s for   0.803s  split      n2
}
