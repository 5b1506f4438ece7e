package doctor_test

import (
	"fmt"
	"net/http/httptest"
	"os"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"roster/cmd/node/doctor"
	"roster/cmd/node/screen"
	"roster/cmd/node/survey"
	"roster/httpapi"
	"roster/internal/memservice"
)

func Example() {
	service := memservice.New(memservice.Config{})
	defer service.Close()
	server := httptest.NewServer(httpapi.New(service, httpapi.Options{Gatherer: prometheus.NewRegistry()}))
	defer server.Close()
	cmd := doctor.Command(doctor.Options{
		Survey: func() (*survey.Surveyor, error) {
			return survey.New(survey.Options{Addresses: []string{server.Listener.Addr().String()}})
		},
		Output: func(cmd *cobra.Command) *cobra.Command { return cmd },
		Form:   func() (string, bool) { return screen.AsTable, false },
		Usage:  fmt.Errorf,
		Failed: fmt.Errorf("something is an error"),
		Args:   func(check cobra.PositionalArgs) cobra.PositionalArgs { return check },
		Stdout: os.Stdout,
	})
	cmd.SetArgs(nil)
	if err := cmd.Execute(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// note  quorum      one voter alone in shards 1, 2, 3
	//         why       when that node fails, everything stands still
	//         mend      start two more nodes: roster node --join …
	// note  durability  nothing is written to disk (durability none)
	//         why       a cluster that is stopped is empty
	//         mend      found a new one with --durability sync, where that matters
	// errors 0, warnings 0, notes 2: 1 of 1 nodes answered, 23 things looked at
}
