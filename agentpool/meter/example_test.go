package meter_test

import (
	"fmt"
	"os"
	"path/filepath"

	"roster/agentpool/meter"
)

func Example() {
	root, err := os.MkdirTemp("", "proc") // on Linux: /proc
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(root)
	for name, text := range map[string]string{"7/stat": "7 (a program) S 1 7 7 0", "7/status": "Name:\ta program\nRssAnon:\t 1024 kB\nRssFile:\t 999 kB\nRssShmem:\t 0 kB\n"} {
		file := filepath.Join(root, name)
		_ = os.MkdirAll(filepath.Dir(file), 0o700)
		_ = os.WriteFile(file, []byte(text), 0o600)
	}
	groups, err := meter.Meter{Root: root}.Groups(map[int]bool{7: true, 8: true})
	fmt.Println(groups, err)
	// Output:
	// map[7:{[7] 1048576}] <nil>
}
