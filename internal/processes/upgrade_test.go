package processes

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"roster/fsm/codec"
)

const (
	upgradeMax = 4 * time.Minute // with the build of the other program
	// upgradeEnv has the tests run that build a second program.
	upgradeEnv = "ROSTER_UPGRADE"
)

// upgradeSite is a site for a test that builds another program, if it is asked for.
func upgradeSite(t *testing.T) *site {
	if os.Getenv(upgradeEnv) == "" {
		t.Skipf("builds a second program: set %s=1", upgradeEnv)
	}
	return newSiteFor(t, upgradeMax)
}

// TestUpgrade rolls three nodes to a build that has one kind of command more, while every
// shard is written and read: nobody sees an error, and nothing new is written before all
// can read it. After that an older build is let in no more.
func TestUpgrade(t *testing.T) {
	s := upgradeSite(t)
	old, next := s, s.with(s.later("later", levelled))
	nodes := s.trio()
	story := &killStory{site: s, nodes: nodes, known: s.load(nodes[0]), registers: s.registers(nodes[0])}
	stop, read := story.writers(story.registers, nodes...), s.readers(story.registers, nodes...)
	story.flow("writes flow")
	s.level(codec.Level, nodes...)
	for i, n := range nodes {
		n.site = next
		story.roll(n)
		if i < len(nodes)-1 {
			s.until(readyWithin, "the later build leads, and is refused what is new", func() error { return n.wrote("mark", "upgrade all of its nodes first") })
			s.level(codec.Level, nodes...)
		}
	}
	s.level(codec.Level+1, nodes...)
	for _, n := range nodes {
		s.until(readyWithin, n.name+" writes what is new", func() error { return n.wrote("mark", "\"refused\":null") })
	}
	if err := stop(); err != nil {
		t.Errorf("a write failed: %v", err)
	}
	if _, err := read(); err != nil {
		t.Errorf("a look-up failed: %v", err)
	}
	lost, _ := judge(story.acknowledged(), story.reads())
	for _, line := range lost {
		t.Error(line)
	}
	for _, n := range nodes {
		if n.stoppedShards() != 0 {
			t.Errorf("%s has stopped replicas", n.name)
		}
	}
	old.tooOld(nodes)
}

// tooOld starts the older build in a directory of the cluster, and as a newcomer.
func (s *site) tooOld(nodes []*member) {
	s.Helper()
	last := nodes[len(nodes)-1]
	last.until(readyWithin, "the level is on disk", func() error {
		raw, err := os.ReadFile(last.dir + "/node.json")
		if err == nil && !strings.Contains(string(raw), fmt.Sprintf(`"level": %d`, codec.Level+1)) {
			err = errors.New(string(raw))
		}
		return err
	})
	s.interrupt(last.process, os.Interrupt)
	last.site = s
	newcomer := s.member("newcomer")
	newcomer.join = last.join
	for _, n := range []*member{last, newcomer} {
		n.start()
		if status := s.ends(n.process, readyWithin); status == 0 {
			s.Errorf("%s exits with 0", n.name)
		}
		s.says(n.name, n.process.output(), fmt.Sprintf("up to level %d", codec.Level+1), fmt.Sprintf("up to %d", codec.Level), "start a newer build")
	}
}

// TestUpgradeNeedsLevels: without a level the later build writes at once what the others
// cannot read. Their replicas stop: they do not skip it.
func TestUpgradeNeedsLevels(t *testing.T) {
	s := upgradeSite(t)
	reckless := s.with(s.later("reckless"))
	nodes := s.trio()
	nodes[0].site = reckless
	s.interrupt(nodes[0].process, os.Interrupt)
	nodes[0].start()
	s.until(readyWithin, "replicas of the older build stop", func() error {
		if n := nodes[1].stoppedShards() + nodes[2].stoppedShards(); n == 0 {
			return errors.New("none has")
		}
		return nil
	})
	s.until(readyWithin, "it says why", func() error {
		return errors.Join(nodes[1].wrote("replica stopped", "unknown command kind 900"), nodes[2].wrote("replica stopped", "unknown command kind 900"))
	})
}

// level waits until nodes have agreed on a level of commands.
func (s *site) level(want int, nodes ...*member) {
	s.Helper()
	for _, n := range nodes {
		c := s.client(n)
		s.until(readyWithin, fmt.Sprintf("%s knows level %d", n.name, want), func() error {
			status, err := c.Status(s.soon())
			if err == nil && status.Level != want {
				err = fmt.Errorf("it knows %d", status.Level)
			}
			return err
		})
	}
}

// wrote returns an error unless one line of the node's log has all words.
func (m *member) wrote(words ...string) error {
	for line := range strings.Lines(m.process.output()) {
		all := true
		for _, w := range words {
			all = all && strings.Contains(line, w)
		}
		if all {
			return nil
		}
	}
	return fmt.Errorf("%s has not written %q", m.name, words)
}

// stoppedShards counts the replicas of the node that have stopped.
func (m *member) stoppedShards() int {
	m.Helper()
	resp, err := http.Get("http://" + m.http + "/metrics")
	if err != nil {
		m.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		m.Fatal(err)
	}
	if !strings.Contains(string(raw), "roster_shard_stopped{") {
		m.Fatalf("%s tells nothing of its replicas", m.name)
	}
	n := 0
	for line := range strings.Lines(string(raw)) {
		if strings.HasPrefix(line, "roster_shard_stopped{") && !strings.HasSuffix(line, " 0\n") {
			n++
		}
	}
	return n
}
