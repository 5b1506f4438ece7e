package sse_test

import (
	"fmt"
	"net/http/httptest"

	"roster/httpapi/sse"
)

func Example() {
	w := httptest.NewRecorder()
	s, err := sse.Open(w)
	if err == nil {
		err = s.Send([]byte("event: synced\ndata: {}\n\n"))
	}
	fmt.Println(w.Body.String(), err)
	// Output:
	// : roster
	// retry: 1000
	//
	// event: synced
	// data: {}
	//
	//  <nil>
}
