package httpapi_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"roster/httpapi"
	"roster/internal/memservice"
)

func Example() {
	s := memservice.New(memservice.Config{})
	defer s.Close()
	server := httptest.NewServer(httpapi.New(s, httpapi.Options{}))
	defer server.Close()
	answer, err := http.Get(server.URL + "/v1/agents/demo/nobody")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer answer.Body.Close()
	fmt.Println(answer.StatusCode, answer.Header.Get("Content-Type"))
	// Output: 404 application/problem+json
}
