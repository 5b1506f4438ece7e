package processes

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"roster"
)

// TestRefusedNewcomers sends to a living cluster who must not come in. Each is told
// why; the cluster stays as it was.
func TestRefusedNewcomers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	nodes := s.trio()
	known := s.load(nodes[0])
	before := s.roll(nodes[0])
	newcomer := func(name string) *member {
		m := s.member(name)
		m.join = []string{nodes[0].bind, nodes[1].bind}
		return m
	}

	lax := newcomer("lax")
	lax.more, lax.dir = []string{"--durability", "none"}, ""
	s.turnedAway(lax, "durability sync")

	double := newcomer("double")
	double.more = []string{"--name", nodes[0].name}
	s.turnedAway(double, nodes[0].name, "another")

	foreign := newcomer("foreign")
	foreign.cluster = "other"
	s.leftOutside(foreign, "another name")

	stranger := newcomer("stranger")
	stranger.key = s.newKey("other.key")
	s.leftOutside(stranger, "another cluster key")

	s.copied(nodes[2])
	for _, n := range nodes {
		if after := s.roll(n); !slices.Equal(before, after) {
			t.Errorf("%s saw %v and sees %v", n.name, before, after)
		}
		known.foundThrough(n)
	}
}

// roll lists the nodes that one node counts as living.
func (s *site) roll(through *member) []roster.NodeID {
	s.Helper()
	var ids []roster.NodeID
	s.until(readyWithin, through.name+" sees three living nodes", func() error {
		members, err := s.client(through).Members(s.soon())
		ids = nil
		for _, m := range members {
			if m.State == roster.NodeAlive {
				ids = append(ids, m.ID)
			}
		}
		if err == nil && len(ids) != 3 {
			err = fmt.Errorf("it sees %+v", members)
		}
		return err
	})
	return ids
}

// turnedAway starts a node that must end by itself with words.
func (s *site) turnedAway(m *member, words ...string) {
	s.Helper()
	m.start()
	if status := s.ends(m.process, refuseWithin); status != exitConfig {
		s.Errorf("%s exits with %d, want %d", m.name, status, exitConfig)
	}
	s.says(m.name, m.process.output(), words...)
}

// leftOutside starts a node that may go on waiting, but outside, and must say why in
// its log and to whoever asks whether it is ready.
func (s *site) leftOutside(m *member, words ...string) {
	s.Helper()
	m.start()
	c := s.client(m)
	s.until(readyWithin, m.name+" says why it waits", func() error {
		checks, err := c.Ready(s.soon())
		if err != nil {
			return err
		}
		told := fmt.Sprint(checks)
		for _, word := range words {
			if !strings.Contains(told, word) {
				return fmt.Errorf("not ready, but no %q in %s", word, told)
			}
			if !strings.Contains(m.process.output(), word) {
				return fmt.Errorf("no %q in the log", word)
			}
		}
		return nil
	})
	status, err := c.Status(s.soon())
	if err != nil || status.Ready || status.Members != 1 {
		s.Errorf("%s: %+v (%v), want it alone and not ready", m.name, status, err)
	}
	m.kill()
}

// copied starts a copy of a living node's directory beside it: the copy must stop,
// and the node stay.
func (s *site) copied(n *member) {
	s.Helper()
	twin := *n
	twin.dir, twin.bind, twin.http = filepath.Join(s.dir, "copy"), s.freeAddress(), s.freeAddress()
	if err := os.CopyFS(twin.dir, os.DirFS(n.dir)); err != nil {
		s.Fatal(err)
	}
	twin.name = "copy"
	twin.more = []string{"--name", n.name}
	s.turnedAway(&twin, string(n.nodeID()), "stop one of them")
	if !n.process.running() {
		s.Errorf("%s ended because of its copy", n.name)
	}
	s.ready(n)
}
