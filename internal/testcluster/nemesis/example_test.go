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
	//  0   1.000s for   5.977s  deaf       n1
	//  1   5.920s for   9.796s  slow disk  n2 by 218.688108ms
	//  2  14.497s for   9.811s  pause      n0
	//  3  19.886s for   3.317s  split      n2
	//  4  22.482s for   2.518s  drain      n2
	//  5  24.391s for   0.609s  bad disk   n1
}
