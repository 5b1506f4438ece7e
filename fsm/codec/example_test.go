package codec_test

import (
	"errors"
	"fmt"

	"roster"
	"roster/fsm/codec"
)

func Example() {
	b, err := codec.AppendEntry(nil, roster.Entry{Shard: 1, Ops: []roster.Op{{Command: roster.Deregister{ID: "demo/planner"}}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	e, err := codec.DecodeEntry(b)
	fmt.Println(e.Ops[0].Command.Kind(), e.Ops[0].Command.(roster.Deregister).ID, err)

	_, err = codec.DecodeEntry(b[:len(b)-1])
	fmt.Println(errors.Is(err, codec.ErrMalformed))
	// Output:
	// deregister demo/planner <nil>
	// true
}
