package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// buildMax bounds the build of Roster.
const buildMax = 10 * time.Minute

// rosterProgram returns the path of Roster's program and what to call it. Roster is
// built in its own module, so that what is measured has the dependencies it ships with.
func rosterProgram(ctx context.Context, given, dir string) (binary, version string, err error) {
	if given != "" {
		if binary, err = filepath.Abs(given); err != nil {
			return "", "", err
		}
		version, err = output(ctx, "", binary, "version")
		return binary, strings.TrimPrefix(version, "roster "), err
	}
	ctx, cancel := context.WithTimeout(ctx, buildMax)
	defer cancel()
	home, err := output(ctx, "", "go", "list", "-m", "-f", "{{.Dir}}", "roster")
	if err != nil {
		return "", "", fmt.Errorf("where is Roster? Run this in bench/peers, or name its program with -roster: %w", err)
	}
	binary = filepath.Join(dir, "roster")
	if _, err = output(ctx, home, "go", "build", "-o", binary, "./cmd/node"); err != nil {
		return "", "", fmt.Errorf("build Roster: %w", err)
	}
	version, err = output(ctx, home, "git", "describe", "--always", "--dirty")
	if err != nil {
		version = "of an unknown commit" // a copy without its history works too
	}
	return binary, version, nil
}

// output runs a program and returns the line that it wrote.
func output(ctx context.Context, dir, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	out, err := cmd.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		err = fmt.Errorf("%w: %s", err, exit.Stderr)
	}
	return strings.TrimSpace(string(out)), err
}

// machine describes where this runs, in a few words and without its name.
func machine() string {
	model := "unknown processor"
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	kernel := "unknown kernel"
	if text, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		kernel, _, _ = strings.Cut(strings.TrimSpace(string(text)), "-") // what follows is its builder's
	}
	return fmt.Sprintf("%d cores of %s, Linux %s, %s", runtime.NumCPU(), model, kernel, runtime.Version())
}
