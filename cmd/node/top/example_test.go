package top_test

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"strings"

	"github.com/spf13/cobra"

	"roster/cmd/node/screen"
	"roster/cmd/node/survey"
	"roster/cmd/node/top"
	"roster/httpapi"
	"roster/internal/memservice"
)

func Example() {
	service := memservice.New(memservice.Config{})
	defer service.Close()
	server := httptest.NewServer(httpapi.New(service, httpapi.Options{}))
	defer server.Close()
	var out bytes.Buffer
	cmd := top.Command(top.Options{
		Survey: func() (*survey.Surveyor, error) {
			return survey.New(survey.Options{Addresses: []string{server.Listener.Addr().String()}})
		},
		Output: func(cmd *cobra.Command) *cobra.Command { return cmd },
		Form:   func() (string, bool) { return screen.AsTable, false },
		Usage:  fmt.Errorf,
		Args:   func(check cobra.PositionalArgs) cobra.PositionalArgs { return check },
		Stdout: &out,
	})
	cmd.SetArgs([]string{"--once", "--every", "50ms"})
	if err := cmd.Execute(); err != nil {
		fmt.Println(err)
	}
	for line := range strings.Lines(out.String()) {
		if strings.HasPrefix(line, "memory-") || strings.HasPrefix(line, "SHARD") {
			fmt.Print(line)
		}
	}
	// Output:
	// memory-00000000  alive  ?    ?     3      3      ?      ?          0s
	// SHARD  LEADER           OPS/S  WRITE  QUEUE  AGE  AGENTS
}
