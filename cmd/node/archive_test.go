package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestArchiveStory saves an archive, looks into it, and has refused what is none.
func TestArchiveStory(t *testing.T) {
	c := newCLI(t)
	dir := t.TempDir()
	file, cut := filepath.Join(dir, "monday.roster"), filepath.Join(dir, "cut.roster")
	c.ok("agents", "register", "demo/a")
	has(t, "save", c.ok("backup", "save", file), "LAST INDEX", "all")
	has(t, "inspect", c.ok("backup", "inspect", file, "-o", "json"), `"cluster": "memory"`, `"agents": 1`, `"map_version": 1`, `"format": 1`)
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(cut, whole[:len(whole)-1], 0o600); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		status int
		says   string
		args   []string
	}{
		{4, "already", []string{"backup", "save", file}},
		{5, "cannot connect", []string{"backup", "save", filepath.Join(dir, "other"), "--addr", "127.0.0.1:1"}},
		{2, "cut off", []string{"backup", "inspect", cut}},
		{1, "no such file", []string{"backup", "inspect", filepath.Join(dir, "none")}},
		{2, "want both", []string{"backup", "restore", file}},
		{2, "node name", []string{"backup", "restore", file, "--data-dir", filepath.Join(dir, "d"), "--name", "No!"}},
		{2, "cut off", []string{"backup", "restore", cut, "--data-dir", filepath.Join(dir, "d"), "--name", "a"}},
		{4, "not empty", []string{"backup", "restore", file, "--data-dir", dir, "--name", "a"}},
		{4, "would be let into", []string{"backup", "restore", file, "--data-dir", filepath.Join(dir, "d"), "--name", "a"}},
		{2, "no cluster map", []string{"backup", "restore", file, "--data-dir", filepath.Join(dir, "d"), "--name", "a", "--cluster", "b"}},
		{2, "requires at least 1 arg", []string{"recover"}},
		{2, "cannot be read", []string{"recover", dir, "--data-dir", filepath.Join(dir, "d"), "--name", "a"}},
	} {
		got := c.run(step.args...)
		if got.status != step.status {
			t.Errorf("roster %q: exit %d, want %d", step.args, got.status, step.status)
		}
		has(t, step.args[len(step.args)-1], got.stderr, step.says)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 2 {
		t.Errorf("there is more than the two files: %v, %v", left, err)
	}
}
