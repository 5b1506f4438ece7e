package body_test

import (
	"fmt"
	"net/http/httptest"
	"strings"

	"roster/httpapi/body"
	"roster/httpapi/table"
)

func Example() {
	r := httptest.NewRequest("POST", "/v1/leave", strings.NewReader(`{"force":true}`))
	w := httptest.NewRecorder()
	_, err := body.Read(w, r, table.LeaveBody)
	fmt.Println(err)
	r.Header.Set("Content-Type", "application/json")
	raw, err := body.Read(w, r, table.LeaveBody)
	fmt.Println(string(raw), err)
	// Output:
	// Content-Type: want application/json
	// {"force":true} <nil>
}
