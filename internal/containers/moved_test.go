package containers

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"roster"
)

// TestComposeMoved takes all containers down at once and starts new ones on the same volumes
// in another network, so that no node is at an address where it was: they come back by
// themselves, with what was on the roll.
func TestComposeMoved(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	s := openStack(ctx, t)
	s.clean()
	t.Cleanup(s.clean)
	t.Cleanup(s.logs)
	s.files = []string{"-f", "docker-compose.yml", "-f", s.network(71)}
	s.do("up", "-d", "--no-build")
	s.healthy(backWithin, 1, 2, 3)
	want, before := s.load(), s.addresses()
	s.holds(2, want)
	s.do("kill")
	s.do("down")
	s.files[3] = s.network(72)
	start := time.Now()
	s.do("up", "-d", "--no-build")
	s.healthy(backWithin, 1, 2, 3)
	t.Logf("three nodes back at new addresses after %v", time.Since(start).Round(time.Millisecond))
	for n, address := range s.addresses() {
		if before[n] == address || !strings.HasPrefix(address, "172.31.72.") {
			t.Errorf("node%d was at %s and is at %s: nothing was shown", n, before[n], address)
		}
	}
	for n := 1; n <= 3; n++ {
		s.holds(n, want)
	}
	s.until(backWithin, "all see all alive", func() error {
		for n := 1; n <= 3; n++ {
			for _, m := range s.members(n) {
				if m.State != roster.NodeAlive {
					return fmt.Errorf("node%d sees %s %s", n, m.ID, m.State)
				}
			}
		}
		return nil
	})
}

// network writes a compose file that puts the project into a network of its own.
func (s *stack) network(third int) string {
	s.t.Helper()
	path := filepath.Join(s.t.TempDir(), "network.yml")
	text := fmt.Sprintf("networks: {default: {ipam: {config: [{subnet: 172.31.%d.0/24}]}}}\n", third)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return path
}

// addresses returns where each container is.
func (s *stack) addresses() map[int]string {
	s.t.Helper()
	out := map[int]string{}
	for n := 1; n <= 3; n++ {
		out[n] = strings.TrimSpace(s.run("docker", "inspect", "-f", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", s.container(n)))
	}
	return out
}
