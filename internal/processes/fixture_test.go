package processes

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"roster"
	"roster/client"
)

const (
	binaryEnv    = "ROSTER_TEST_BINARY" // how TestMain hands the binary to the tests
	whyEnv       = "ROSTER_TEST_SKIP"   // or why there is none
	poll         = 50 * time.Millisecond
	readyWithin  = 30 * time.Second
	refuseWithin = 10 * time.Second
	stopWithin   = 15 * time.Second
	buildWithin  = 5 * time.Minute
	testMax      = 3 * time.Minute
	clustersMax  = "2" // at a time
)

func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", clustersMax); err != nil {
		log.Fatal(err)
	}
	os.Exit(runWithBinary(m))
}

// runWithBinary builds the program once for all tests.
func runWithBinary(m *testing.M) int {
	dir, err := os.MkdirTemp("", "roster-processes-")
	if err != nil {
		log.Print(err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "roster")
	if why := build(binary); why != nil {
		_, err = binary, os.Setenv(whyEnv, why.Error())
	} else {
		err = os.Setenv(binaryEnv, binary)
	}
	ours := []string{binaryEnv, whyEnv, killRunsEnv, rollRunsEnv, cycleRunsEnv, crashRunsEnv, overloadEnv, upgradeEnv, fleetRunsEnv, pauseRunsEnv, starveEnv}
	// What the caller's environment says to nodes must not reach those of the tests.
	for _, setting := range os.Environ() {
		name, _, _ := strings.Cut(setting, "=")
		if strings.HasPrefix(name, "ROSTER_") && !slices.Contains(ours, name) {
			err = errors.Join(err, os.Unsetenv(name))
		}
	}
	if err != nil {
		log.Print(err)
		return 1
	}
	return m.Run()
}

// build returns why the tests must skip; a program that does not compile ends them.
func build(binary string) error {
	if testing.Short() {
		return errors.New("-short: starts real processes")
	}
	if _, err := exec.LookPath("go"); err != nil {
		return fmt.Errorf("needs the go command to build the binary: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), buildWithin)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", "build", "-o", binary, "roster/cmd/node")
	if out, err := cmd.CombinedOutput(); err != nil {
		log.Fatalf("go build: %v\n%s", err, out)
	}
	return nil
}

// site is where one test works: a directory, a key, and what it started.
type site struct {
	*testing.T
	ctx    context.Context
	binary string
	dir    string
	key    string // path of the key file
}

func newSite(t *testing.T) *site {
	t.Helper()
	return newSiteFor(t, testMax)
}

// newSiteFor is newSite for a test that may take longer.
func newSiteFor(t *testing.T, most time.Duration) *site {
	t.Helper()
	binary := os.Getenv(binaryEnv)
	if binary == "" {
		t.Skip(os.Getenv(whyEnv))
	}
	ctx, cancel := context.WithTimeout(t.Context(), most)
	t.Cleanup(cancel)
	s := &site{T: t, ctx: ctx, binary: binary, dir: t.TempDir()}
	s.key = s.newKey("key")
	return s
}

// newKey writes a fresh cluster key and returns its path.
func (s *site) newKey(name string) string {
	s.Helper()
	out, _, status := s.run("keygen")
	path := filepath.Join(s.dir, name)
	if status != 0 {
		s.Fatalf("keygen exits with %d", status)
	}
	s.write(path, out, 0o600)
	return path
}

func (s *site) write(path, text string, mode os.FileMode) {
	s.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		s.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // whatever the umask says
		s.Fatal(err)
	}
}

// run runs the program to its end and returns what it wrote and its exit status.
func (s *site) run(args ...string) (stdout, stderr string, status int) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, readyWithin)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.binary, args...)
	var out, faults bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &faults
	err := cmd.Run()
	if _, ended := errors.AsType[*exec.ExitError](err); err != nil && !ended {
		s.Fatal(err)
	}
	return out.String(), faults.String(), cmd.ProcessState.ExitCode()
}

// until polls check until it returns nil, and returns how long that took.
func (s *site) until(within time.Duration, what string, check func() error) time.Duration {
	s.Helper()
	start := time.Now()
	ctx, cancel := context.WithTimeout(s.ctx, within)
	defer cancel()
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		err := check()
		if err == nil {
			return time.Since(start)
		}
		select {
		case <-ctx.Done():
			s.Fatalf("%s: not within %v: %v", what, within, err)
		case <-tick.C:
		}
	}
}

// client returns a client for the HTTP addresses of nodes, in that order.
func (s *site) client(nodes ...*member) *client.Client {
	s.Helper()
	var addresses []string
	for _, n := range nodes {
		addresses = append(addresses, n.http)
	}
	c, err := client.New(client.Config{Addresses: addresses})
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(c.Close)
	return c
}

// soon bounds one request.
func (s *site) soon() context.Context {
	ctx, cancel := context.WithTimeout(s.ctx, roster.RequestDeadline)
	s.Cleanup(cancel)
	return ctx
}

// freeAddress returns a loopback address that is free for TCP and UDP. It lies below
// the range from which systems take ports for outgoing connections, so that it is
// still free when a node that was killed comes back to it.
func (s *site) freeAddress() string {
	s.Helper()
	for range 100 {
		port := 20000 + rand.N(12000)
		taken, err := os.OpenFile(filepath.Join(filepath.Dir(s.binary), fmt.Sprintf("port-%d", port)), os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			continue // another test has it, or had
		}
		_ = taken.Close() // its name is what counts
		address := fmt.Sprintf("127.0.0.1:%d", port)
		stream, err := net.Listen("tcp", address)
		if err != nil {
			continue
		}
		packets, err := net.ListenPacket("udp", address)
		_ = stream.Close() // it carried nothing
		if err != nil {
			continue
		}
		_ = packets.Close()
		return address
	}
	s.Fatal("no port is free for TCP and UDP")
	return ""
}

// says checks that a text holds every word that its reader needs.
func (s *site) says(what, text string, words ...string) {
	s.Helper()
	for _, word := range words {
		if !strings.Contains(text, word) {
			s.Errorf("%s does not say %q:\n%s", what, word, text)
		}
	}
}
