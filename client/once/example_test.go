package once_test

import (
	"fmt"

	"roster/client/once"
)

func Example() {
	r := once.New()
	first, endFirst := r.Begin(1)
	batch, endBatch := r.Begin(10) // one for each item
	endFirst()
	last, endLast := r.Begin(1)
	fmt.Println(first.Seq, batch.Seq, last.Seq, last.Done)
	endBatch()
	endLast()
	// Output: 1 2 12 1
}
