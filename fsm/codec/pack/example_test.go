package pack_test

import (
	"errors"
	"fmt"

	"roster/fsm/codec/pack"
)

func Example() {
	w := pack.NewWriter(nil)
	w.Array(2)
	w.Text("crew")
	w.Int(-3)
	b, err := w.Finish()
	fmt.Printf("%x %v\n", b, err)

	r := pack.NewReader(b)
	r.Array(2)
	fmt.Println(r.Text(), r.Int(), r.Finish())

	cut := pack.NewReader(b[:3])
	cut.Array(2)
	_, _ = cut.Text(), cut.Int()
	fmt.Println(errors.Is(cut.Finish(), pack.ErrMalformed))
	// Output:
	// 92a463726577fd <nil>
	// crew -3 <nil>
	// true
}
