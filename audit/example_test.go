package audit_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"roster/audit"
)

func Example() {
	dir, err := os.MkdirTemp("", "audit")
	if err != nil {
		fmt.Println(err)
	}
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, "audit.log")
	log, err := audit.Open(name, slog.New(slog.DiscardHandler))
	if err != nil {
		fmt.Println(err)
	}
	act := audit.Record{Principal: "root", Verb: "admin", Resource: "POST /v1/tokens", Request: "7f"}
	fmt.Println(log.Begin(act))
	act.Status = 201
	fmt.Println(log.End(act), log.Close())

	raw, err := os.ReadFile(name)
	if err != nil {
		fmt.Println(err)
	}
	s, err := audit.Verify(bytes.NewReader(raw))
	fmt.Println(s.Lines, err)
	_, err = audit.Verify(bytes.NewReader(bytes.Replace(raw, []byte("root"), []byte("nemo"), 1)))
	fmt.Println(errors.Is(err, audit.ErrBroken))
	// Output:
	// <nil>
	// <nil> <nil>
	// 3 <nil>
	// true
}
