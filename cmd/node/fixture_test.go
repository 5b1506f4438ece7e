package main

import (
	"bytes"
	"context"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"

	"roster/cmd/node/intake"
	"roster/httpapi"
	"roster/internal/memservice"
)

// outcome is what one run of the program came to.
type outcome struct {
	status         int
	stdout, stderr string
}

// cli runs the program in this process against one server.
type cli struct {
	t   *testing.T
	env map[string]string
}

// newCLI returns a CLI whose ROSTER_ADDR names a service in memory.
func newCLI(t *testing.T) *cli {
	t.Helper()
	service := memservice.New(memservice.Config{})
	server := httptest.NewServer(httpapi.New(service, httpapi.Options{Decode: intake.DecodeCommand}))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		service.Close()
	})
	return &cli{t: t, env: map[string]string{"ROSTER_ADDR": server.Listener.Addr().String()}}
}

func (c *cli) run(args ...string) outcome { return c.feed("", args...) }

// feed runs the program with something on standard input.
func (c *cli) feed(stdin string, args ...string) outcome {
	c.t.Helper()
	return c.feedContext(c.t.Context(), stdin, args...)
}

func (c *cli) feedContext(ctx context.Context, stdin string, args ...string) outcome {
	c.t.Helper()
	var stdout, stderr bytes.Buffer
	m := Main{Args: append([]string{"roster"}, args...), Stdin: strings.NewReader(stdin), Stdout: &stdout, Stderr: &stderr,
		Env: func(name string) string { return c.env[name] }}
	status := m.Run(ctx)
	return outcome{status, stdout.String(), stderr.String()}
}

// ok runs the program and fails the test unless it exits with 0.
func (c *cli) ok(args ...string) string {
	c.t.Helper()
	got := c.run(args...)
	if got.status != 0 {
		c.t.Fatalf("roster %s: exit %d\n%s", strings.Join(args, " "), got.status, got.stderr)
	}
	return got.stdout
}

// has fails the test unless text holds every one of words.
func has(t *testing.T, what, text string, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("%s does not hold %q:\n%s", what, word, text)
		}
	}
}

var changing = regexp.MustCompile(`\d{4}-\d\d-\d\d[T ][\d:.]+Z|"?token"?: .*|"revision": \d+|"epoch": \d+|"shard": \d+|revision: \d+|epoch: \d+|shard: \d+`)

// stable replaces what differs from run to run.
func stable(text string) string { return changing.ReplaceAllString(text, "…") }

// sighting is a writer that tells when a word has been written.
type sighting struct {
	mu struct {
		sync.Mutex
		text strings.Builder
	}
	word string
	seen chan struct{}
	once sync.Once
}

func newSighting(word string) *sighting { return &sighting{word: word, seen: make(chan struct{})} }

// Write keeps p and looks for the word.
func (s *sighting) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.text.Write(p)
	if strings.Contains(s.mu.text.String(), s.word) {
		s.once.Do(func() { close(s.seen) })
	}
	return len(p), nil
}

func (s *sighting) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mu.text.String()
}
