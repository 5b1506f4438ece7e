package survey_test

import (
	"context"
	"fmt"
	"net/http/httptest"

	"roster/cmd/node/survey"
	"roster/httpapi"
	"roster/internal/memservice"
)

func Example() {
	service := memservice.New(memservice.Config{})
	defer service.Close()
	server := httptest.NewServer(httpapi.New(service, httpapi.Options{}))
	defer server.Close()
	s, err := survey.New(survey.Options{Addresses: []string{server.Listener.Addr().String()}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	seen, err := s.Look(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, n := range seen.Answered() {
		fmt.Println(n.ID, n.Status.Ready, n.Untold)
	}
	// Output: memory-00000000 true [metrics: /metrics: 404 Not Found]
}
