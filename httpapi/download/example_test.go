package download_test

import (
	"fmt"
	"net/http/httptest"

	"roster/httpapi/download"
)

func Example() {
	recorder := httptest.NewRecorder()
	body := download.New(recorder, "application/x-tar")
	fmt.Println(body.Begun())
	fmt.Fprint(body, "one ")
	fmt.Fprint(body, "two")
	fmt.Println(body.Begun(), recorder.Header().Get("Content-Type"), recorder.Body)
	// Output:
	// false
	// true application/x-tar one two
}
