package bundle_test

import (
	"archive/tar"
	"compress/gzip"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"roster/cmd/node/bundle"
	"roster/cmd/node/survey"
	"roster/httpapi"
	"roster/internal/memservice"
)

func Example() {
	service := memservice.New(memservice.Config{})
	defer service.Close()
	server := httptest.NewServer(httpapi.New(service, httpapi.Options{}))
	defer server.Close()
	dir, err := os.MkdirTemp("", "roster")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	cmd := bundle.Command(bundle.Options{
		Survey: func() (*survey.Surveyor, error) {
			return survey.New(survey.Options{Addresses: []string{server.Listener.Addr().String()}})
		},
		Usage:  fmt.Errorf,
		Args:   func(check cobra.PositionalArgs) cobra.PositionalArgs { return check },
		Stdout: io.Discard, Stderr: os.Stdout,
	})
	name := filepath.Join(dir, "out.tar.gz")
	cmd.SetArgs([]string{"--out", name, "--cpu", "0"})
	if err := cmd.Execute(); err != nil {
		fmt.Println(err)
		return
	}
	list(name)
	// Output:
	// missing nodes/memory-00000000/metrics.txt: /metrics: 404 Not Found
	// roster-debug/doctor.json
	// roster-debug/nodes/memory-00000000/status.json
	// roster-debug/nodes/memory-00000000/members.json
	// roster-debug/nodes/memory-00000000/shards.json
	// roster-debug/nodes/memory-00000000/rebalance.json
	// roster-debug/nodes/memory-00000000/readyz.txt
	// roster-debug/nodes/memory-00000000/settings.json
	// roster-debug/nodes/memory-00000000/stacks.txt
	// roster-debug/nodes/memory-00000000/heap.pb.gz
	// roster-debug/nodes/memory-00000000/goroutine.pb.gz
	// roster-debug/missing.txt
}

// list prints the names of the files in a bundle.
func list(name string) {
	file, err := os.Open(name)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer file.Close()
	zip, err := gzip.NewReader(file)
	if err != nil {
		fmt.Println(err)
		return
	}
	for files := tar.NewReader(zip); ; {
		header, err := files.Next()
		if err != nil {
			return
		}
		fmt.Println(header.Name)
	}
}
