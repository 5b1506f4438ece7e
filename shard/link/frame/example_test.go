package frame_test

import (
	"bufio"
	"bytes"
	"fmt"

	"roster/shard/link/frame"
)

func Example() {
	var wire bytes.Buffer
	w := bufio.NewWriter(&wire)
	fmt.Println(frame.Write(w, &frame.Frame{Kind: frame.Vote, ID: 1, Group: 7, Term: 5, Index: 300, IndexTerm: 4}), w.Flush())

	var f frame.Frame
	err := frame.Read(bufio.NewReader(&wire), &f)
	fmt.Println(f.Kind == frame.Vote, f.Group, f.Term, err)
	// Output:
	// <nil> <nil>
	// true 7 5 <nil>
}
