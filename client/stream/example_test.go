package stream_test

import (
	"fmt"
	"strings"

	"roster/client/stream"
)

func Example() {
	body := strings.NewReader(": hello\n\nid: 7\nevent: entered\ndata: {}\n\n")
	for m := range stream.Messages(body, func() {}) {
		fmt.Println(m.ID, m.Event, string(m.Data))
	}
	// Output: 7 entered {}
}
