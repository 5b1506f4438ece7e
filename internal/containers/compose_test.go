package containers

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"roster"
)

const (
	project  = "roster-ci"
	upWithin = 15 * time.Second // from "up" to healthy, as promised
)

// stack is one compose project.
type stack struct {
	nodes
	compose []string // the command that understands compose files
	files   []string
}

// TestCompose is the story of the README: three nodes, an import, a kill -9, a
// restart, two more nodes, and a start of new containers on the old volumes.
func TestCompose(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 6*time.Minute)
	defer cancel()
	s := openStack(ctx, t)
	s.clean()
	t.Cleanup(s.clean)
	t.Cleanup(s.logs)
	s.files = s.files[:2]

	start := time.Now()
	s.do("up", "-d", "--no-build")
	s.healthy(upWithin-time.Since(start), 1, 2, 3)
	t.Logf("three nodes healthy after %v", time.Since(start).Round(time.Millisecond))
	want := s.load()
	late := s.survive(want, func(n int) {
		s.run("docker", "kill", "-s", "KILL", s.container(n))
	}, func(n int) {
		s.do("start", fmt.Sprintf("node%d", n))
		s.healthy(backWithin, n)
	})
	s.five(want)
	s.again(append(want, late...))
}

// openStack builds binary and image, and skips where that is not possible.
func openStack(ctx context.Context, t *testing.T) *stack {
	s := &stack{nodes: open(ctx, t, "ROSTER_CONTAINERS"), files: []string{"-f", "docker-compose.yml"}}
	if out, err := s.try("docker", "info"); err != nil {
		t.Skipf("no Docker daemon answers: %v\n%s", err, out)
	}
	switch {
	case s.works("docker", "compose", "version"):
		s.compose = []string{"docker", "compose"}
	case s.works("docker-compose", "version"):
		s.compose = []string{"docker-compose"}
	default:
		t.Skip("neither docker compose nor docker-compose is installed")
	}
	for n := 1; n <= nodesMax; n++ {
		_, port, err := net.SplitHostPort(s.addr[n])
		if err != nil {
			t.Fatal(err)
		}
		s.env = append(s.env, fmt.Sprintf("PORT%d=%s", n, port))
	}
	s.image()
	return s
}

// image makes the image as "make image" does.
func (s *stack) image() {
	if err := os.MkdirAll(filepath.Join(top, "bin", "linux", "data"), 0o755); err != nil {
		s.t.Fatal(err)
	}
	s.env = append(s.env, "GOOS=linux", "GOARCH="+runtime.GOARCH)
	s.run("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", filepath.Join("bin", "linux", "roster"), "./cmd/node")
	s.run("docker", "build", "-q", "-f", "Dockerfile.prebuilt", "-t", "roster:dev", ".")
}

func (s *stack) works(name string, args ...string) bool {
	_, err := s.try(name, args...)
	return err == nil
}

// five adds nodes four and five.
func (s *stack) five(want []roster.AgentID) {
	s.files = []string{"-f", "docker-compose.yml", "-f", "docker-compose.five.yml"}
	s.do("up", "-d", "--no-build")
	s.healthy(backWithin, 4, 5)
	s.until(backWithin, "five members are alive", func() error {
		alive := 0
		for _, m := range s.members(5) {
			if m.State == roster.NodeAlive {
				alive++
			}
		}
		if alive != 5 {
			return fmt.Errorf("%d members are alive", alive)
		}
		return nil
	})
	s.holds(4, want)
	s.holds(5, want)
}

// again starts new containers, with new addresses, on the same volumes.
func (s *stack) again(want []roster.AgentID) {
	s.do("down")
	start := time.Now()
	s.do("up", "-d", "--no-build")
	s.healthy(backWithin, 1, 2, 3, 4, 5)
	s.t.Logf("five nodes back from their volumes after %v", time.Since(start).Round(time.Millisecond))
	for n := 1; n <= nodesMax; n++ {
		s.holds(n, want)
	}
}

// do runs a compose command on the project.
func (s *stack) do(args ...string) string {
	s.t.Helper()
	return s.run(s.compose[0], s.args(args...)...)
}

func (s *stack) args(args ...string) []string {
	all := append([]string{}, s.compose[1:]...)
	all = append(append(all, "-p", project), s.files...)
	return append(all, args...)
}

// clean takes the project down whatever state it is in, also after a time-out.
func (s *stack) clean() {
	s.files = []string{"-f", "docker-compose.yml", "-f", "docker-compose.five.yml"}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.compose[0], s.args("down", "-v", "--remove-orphans", "-t", "5")...)
	cmd.Dir, cmd.Env = top, s.env
	if out, err := cmd.CombinedOutput(); err != nil {
		s.t.Errorf("down: %v\n%s", err, out)
	}
}

// logs shows what the nodes said last, if the story went wrong.
func (s *stack) logs() {
	if !s.t.Failed() {
		return
	}
	out, err := s.try(s.compose[0], s.args("logs", "--no-color", "--tail", "40")...)
	s.t.Logf("logs (%v):\n%s", err, out)
}

// container returns the id of node n's container.
func (s *stack) container(n int) string {
	s.t.Helper()
	return strings.TrimSpace(s.do("ps", "-q", fmt.Sprintf("node%d", n)))
}

// healthy waits until Docker calls these nodes healthy.
func (s *stack) healthy(within time.Duration, nodes ...int) {
	s.t.Helper()
	for _, n := range nodes {
		id := s.container(n)
		s.until(within, fmt.Sprintf("node%d is healthy", n), func() error {
			state, err := s.try("docker", "inspect", "-f", "{{.State.Health.Status}}", id)
			if state = strings.TrimSpace(state); err == nil && state != "healthy" {
				err = fmt.Errorf("it is %s", state)
			}
			return err
		})
	}
}

// TestComposeFiles needs no daemon: both files must be read by the compose command
// that is here, and publish on loopback alone.
func TestComposeFiles(t *testing.T) {
	compose, err := exec.LookPath("docker-compose")
	if err != nil {
		t.Skip("docker-compose is not installed")
	}
	cmd := exec.CommandContext(t.Context(), compose, "-f", "docker-compose.yml", "-f", "docker-compose.five.yml", "config")
	cmd.Dir = top
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if got := strings.Count(string(out), "127.0.0.1:"); got != nodesMax {
		t.Errorf("%d ports on loopback; want %d", got, nodesMax)
	}
}
