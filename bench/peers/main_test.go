package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"roster/bench/peers/table"
)

// TestMain lets the test binary be a server, as the program is one of itself.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && strings.HasPrefix(os.Args[1], "serve-") {
		main()
		return
	}
	os.Exit(m.Run())
}

// roster is a program that only has to be there: systems other than Roster are run here.
func stand(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "roster")
	if err := os.WriteFile(path, []byte("#!/bin/sh\necho roster test\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// A whole run against a real server in a process of its own.
func TestRunMeasuresAndCleansUp(t *testing.T) {
	dir := t.TempDir()
	var out bytes.Buffer
	args := []string{"-quick", "-systems", "bare", "-rows", "get-64,burst", "-records", "100", "-duration", "1s", "-o", "json", "-dir", dir, "-roster", stand(t)}
	if err := run(t.Context(), args, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	var r table.Report
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Samples) != 2 || len(r.Limits) != 1 {
		t.Fatalf("%+v", r)
	}
	for _, s := range r.Samples {
		if s.Value <= 0 || s.ServerCPU < 0 || s.Errors > 0 || s.Failed {
			t.Errorf("%+v", s)
		}
	}
	empty(t, dir)
}

func empty(t *testing.T, dir string) {
	t.Helper()
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// Who is interrupted says so, writes what there is, and leaves nothing behind.
func TestInterruptedRunCleansUp(t *testing.T) {
	dir := t.TempDir()
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	progress, lines := io.Pipe()
	go func() {
		_, _ = progress.Read(make([]byte, 1)) // the first line: the first row is measured
		interrupt()
		_, _ = io.Copy(io.Discard, progress)
	}()
	args := []string{"-systems", "bare", "-records", "100", "-duration", "300ms", "-repeats", "100", "-dir", dir, "-roster", stand(t)}
	err := run(ctx, args, io.Discard, lines)
	_ = lines.Close()
	if err == nil || !strings.Contains(err.Error(), "interrupted") {
		t.Errorf("%v", err)
	}
	empty(t, dir)
}

func TestServerThatDoesNotStartIsAFault(t *testing.T) {
	args := []string{"-quick", "-systems", "roster", "-rows", "put-1", "-records", "100", "-dir", t.TempDir(), "-roster", stand(t)}
	err := run(t.Context(), args, io.Discard, io.Discard)
	if err == nil || !regexp.MustCompile(`roster[123] ended`).MatchString(err.Error()) { // whichever was first
		t.Errorf("%v, want that the server ended", err)
	}
}

func TestOptions(t *testing.T) {
	o, err := parse([]string{"-quick", "-repeats", "7"}, io.Discard)
	if err != nil || o.repeats != 7 || o.records != 1000 || o.duration > time.Second {
		t.Errorf("%+v, %v: -quick changes what was not said", o, err)
	}
	o, err = parse(nil, io.Discard)
	if err != nil || o.repeats < 5 || len(o.systems) != len(systemNames) {
		t.Errorf("%+v, %v", o, err)
	}
	for _, bad := range [][]string{{"-systems", "zookeeper"}, {"-rows", "nothing"}, {"-repeats", "0"}, {"-records", "99"},
		{"-o", "paper"}, {"-duration", "0s"}, {"more"}, {"-kills", "0"}} {
		if _, err := parse(bad, io.Discard); err == nil {
			t.Errorf("%v was taken", bad)
		}
	}
}

func TestStoresAreOfRosterAlone(t *testing.T) {
	o, err := parse([]string{"-stores", "roster"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if !o.wants("roster") || o.wants("roster/16") || !o.wants("etcd") {
		t.Error("-stores chooses between ways to speak to Roster, and leaves the others alone")
	}
}

func TestFromRendersWhatWasSaved(t *testing.T) {
	file := filepath.Join(t.TempDir(), "report.json")
	r := table.Report{Rows: []table.Row{{Name: "put-64"}}, Samples: []table.Sample{{Row: "put-64", Store: "roster", Value: 1234}}}
	var saved bytes.Buffer
	if err := r.Render(&saved, "json"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, saved.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := run(t.Context(), []string{"-from", file, "-o", "markdown"}, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "1 234") {
		t.Error(out.String())
	}
}
