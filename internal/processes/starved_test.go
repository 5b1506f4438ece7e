package processes

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"roster"
)

const (
	// starveEnv is for how long one of three nodes gets a tenth of a core, as a duration.
	starveEnv    = "ROSTER_STARVE"
	starvePeriod = 100_000 // of the scheduler, in microseconds
	starveQuota  = starvePeriod / 10
	controlMax   = 30 * time.Second
)

// TestStarvedNode gives one of three nodes a tenth of a core while the shards are written:
// nobody is declared down, not even it. A node that is stopped is seen, or this would show nothing.
func TestStarvedNode(t *testing.T) {
	text := os.Getenv(starveEnv)
	if text == "" {
		t.Skipf("set %s=5m to run it: minutes of three processes, one of them in a control group (.ci/release does)", starveEnv)
	}
	during, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	s := newSiteFor(t, testMax+during)
	nodes := s.trio()
	starved, healthy := nodes[2], nodes[:2]
	story := &killStory{site: s, nodes: nodes, known: s.load(nodes[0]), registers: s.registers(nodes[0])}
	stop := story.writers(story.registers, healthy...)
	story.flow("writes flow")
	s.starve(starved)
	deaths := s.deaths(healthy, during)
	throttled := s.throttled()
	if err := stop(); err != nil {
		t.Errorf("a write failed: %v", err)
	}
	for id, n := range deaths {
		t.Errorf("%s was declared down %d times, and lives", id, n)
	}
	var written uint64
	for _, number := range story.acknowledged() {
		written += number
	}
	t.Logf("%v with %s at a tenth of a core, throttled in %d periods of %v: %d writes, %d declared down", during, starved.name, throttled, starvePeriod*time.Microsecond, written, len(deaths))
	if throttled == 0 {
		t.Error("it was never throttled: this shows nothing")
	}
	if err := starved.process.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if len(s.deaths(healthy, controlMax)) != 1 {
		t.Error("a node that was stopped was not declared down: deaths are not seen here")
	}
}

// deaths counts how often each node becomes down, as these see it.
func (s *site) deaths(from []*member, during time.Duration) map[roster.NodeID]int {
	s.Helper()
	deaths := map[roster.NodeID]int{}
	var lock sync.Mutex
	var watchers sync.WaitGroup
	for _, n := range from {
		c := s.client(n)
		watchers.Go(func() {
			was := map[roster.NodeID]roster.NodeState{}
			for end := time.Now().Add(during); time.Now().Before(end) && s.ctx.Err() == nil; {
				members, err := c.Members(s.ctx)
				if err != nil {
					s.Errorf("%s does not tell its members: %v", n.name, err)
					return
				}
				lock.Lock()
				for _, m := range members {
					if m.State == roster.NodeDown && was[m.ID] != m.State {
						deaths[m.ID]++
						s.Logf("%v: %s sees %s down", time.Now().UTC().Format("15:04:05.000"), n.name, m.ID)
					}
					was[m.ID] = m.State
				}
				lock.Unlock()
				select {
				case <-time.After(poll):
				case <-s.ctx.Done():
				}
			}
		})
	}
	watchers.Wait()
	return deaths
}

// starve puts a node into a control group with a tenth of a core, or skips.
func (s *site) starve(m *member) {
	s.Helper()
	dir, limit, value := s.group(), "cpu.max", fmt.Sprintf("%d %d", starveQuota, starvePeriod)
	if err := os.Mkdir(dir, 0o755); err != nil {
		s.Skipf("no control group can be made: %v", err)
	}
	s.Cleanup(func() { // the node leaves first, or the group stays
		_ = m.process.cmd.Process.Kill()
		<-m.process.ended
		if err := os.Remove(dir); err != nil {
			s.Error(err)
		}
	})
	if _, err := os.Stat(filepath.Join(dir, limit)); errors.Is(err, fs.ErrNotExist) { // the first version
		limit, value = "cpu.cfs_quota_us", strconv.Itoa(starveQuota)
	}
	for _, w := range [][2]string{{limit, value}, {"cgroup.procs", strconv.Itoa(m.process.cmd.Process.Pid)}} {
		if err := os.WriteFile(filepath.Join(dir, w[0]), []byte(w[1]), 0o600); err != nil {
			s.Skipf("the control group takes no limit: %v", err)
		}
	}
}

// group is where the test's control group is, in either version.
func (s *site) group() string {
	root := "/sys/fs/cgroup"
	if _, err := os.Stat(root + "/cpu/cgroup.procs"); err == nil {
		root += "/cpu"
	}
	return filepath.Join(root, fmt.Sprintf("roster-starved-%d", os.Getpid()))
}

// throttled returns in how many periods the node wanted more than it got.
func (s *site) throttled() (n int) {
	s.Helper()
	raw, err := os.ReadFile(filepath.Join(s.group(), "cpu.stat"))
	if err != nil {
		s.Fatal(err)
	}
	var periods int
	if _, err := fmt.Sscanf(string(raw), "nr_periods %d\nnr_throttled %d", &periods, &n); err == nil {
		return n
	}
	var usage, user, system int
	if _, err := fmt.Sscanf(string(raw), "usage_usec %d\nuser_usec %d\nsystem_usec %d\nnr_periods %d\nnr_throttled %d", &usage, &user, &system, &periods, &n); err != nil {
		s.Errorf("cpu.stat: %v\n%s", err, raw)
	}
	return n
}
