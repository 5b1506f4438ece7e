package processes

import (
	"errors"
	"fmt"
	"syscall"
	"testing"

	"roster"
	"roster/client"
)

// TestRestart kills all nodes at once, then moves one to another address, and ends
// with a cluster that needs the moved one to go on.
func TestRestart(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	nodes := s.trio()
	known := s.load(nodes[0])
	ids := make(map[*member]roster.NodeID)
	for _, n := range nodes {
		ids[n] = n.nodeID()
		n.kill()
	}
	for _, n := range nodes {
		n.start()
	}
	t.Logf("all three ready %v after their restart", round(s.ready(nodes...)))
	for _, n := range nodes {
		known.foundThrough(n)
	}

	moved, other, last := nodes[0], nodes[1], nodes[2]
	moved.kill()
	moved.bind = s.freeAddress()
	moved.start()
	t.Logf("moved node ready %v after its start", round(s.ready(moved)))
	for _, n := range nodes {
		if got := n.nodeID(); got != ids[n] {
			t.Errorf("%s was %s and is %s", n.name, ids[n], got)
		}
	}
	for _, n := range []*member{other, last} {
		s.until(readyWithin, n.name+" sees the new address", func() error { return addressIs(n, ids[moved], moved.bind) })
	}
	last.kill() // from here on, the moved node's vote is needed
	s.until(readyWithin, "the moved node and the other go on", func() error {
		_, _, err := s.client(other, moved).Register(s.soon(), roster.Register{Mode: roster.ModePut, Agent: roster.Agent{ID: "restart/after-move"}})
		return err
	})
	known.foundThrough(moved)
	last.start()
	s.ready(nodes...)
}

func addressIs(through *member, id roster.NodeID, address string) error {
	seen, known := through.sees(id)
	if !known || seen.State != roster.NodeAlive || seen.Address != address {
		return fmt.Errorf("%s is seen as %+v, want alive at %s", id, seen, address)
	}
	return nil
}

// TestFourthNode lets a fourth node read, take over votes, and leave; one of three voters
// may not leave until it is forced, because nobody could take over its votes.
func TestFourthNode(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	nodes := s.trio()
	known := s.load(nodes[0])
	s.steer(nodes[0], "pause")
	fourth := s.member("node4")
	fourth.join = []string{nodes[1].bind}
	fourth.start()
	t.Logf("fourth node ready after %v", round(s.ready(fourth)))
	known.foundThrough(fourth)
	id := fourth.nodeID()
	if m, _ := nodes[0].sees(id); len(m.ReaderOf) != roster.ShardsDefault+1 || len(m.VoterOf) != 0 {
		t.Errorf("the fourth node reads %v and votes in %v; want all and none", m.ReaderOf, m.VoterOf)
	}
	s.answersAlone(fourth, nodes, known)

	s.steer(nodes[1], "apply")
	s.until(readyWithin, "the fourth node votes", func() error {
		if m, _ := nodes[0].sees(id); len(m.VoterOf) == 0 || len(m.LeaderOf) == 0 {
			return fmt.Errorf("it votes in %v and leads %v", m.VoterOf, m.LeaderOf)
		}
		return nil
	})
	known.foundThrough(fourth)
	if _, stderr, status := s.run("leave", "--addr", fourth.http, "--timeout", "20s"); status != 0 {
		t.Fatalf("leave of a voter of four exits with %d: %s", status, stderr)
	}
	if status := s.ends(fourth.process, stopWithin); status != 0 {
		t.Errorf("the node that left exits with %d", status)
	}
	fourth.refused("has left its cluster for good", "empty data directory")
	for _, n := range nodes {
		s.until(readyWithin, n.name+" sees that it left", func() error { return stateIs(n, id, roster.NodeLeft) })
	}

	voter := nodes[2]
	gone := voter.nodeID()
	if _, stderr, status := s.run("leave", "--addr", voter.http); status != roster.CodeRefused.ExitStatus() {
		t.Errorf("leave of one of three voters exits with %d: %s", status, stderr)
	} else {
		s.says("leave", stderr, "votes", "Add a node")
	}
	err := s.client(voter).Leave(s.soon(), false)
	if refusal, ok := errors.AsType[*roster.Error](err); !ok || refusal.HTTPStatus() != 422 {
		t.Errorf("leave of a voter: %v, want 422", err)
	}
	s.ready(voter) // a refusal changes nothing
	if _, stderr, status := s.run("leave", "--addr", voter.http, "--force"); status != 0 {
		t.Fatalf("forced leave exits with %d: %s", status, stderr)
	}
	if status := s.ends(voter.process, stopWithin); status != 0 {
		t.Errorf("the voter that left exits with %d", status)
	}
	for _, n := range nodes[:2] {
		s.until(readyWithin, n.name+" sees that the voter left", func() error { return stateIs(n, gone, roster.NodeLeft) })
		known.foundThrough(n)
	}
}

// steer says to a node how votes are to move.
func (s *site) steer(n *member, verb string) {
	if _, stderr, status := s.run("rebalance", verb, "--addr", n.http); status != 0 {
		s.Fatalf("rebalance %s exits with %d: %s", verb, status, stderr)
	}
}

func stateIs(through *member, id roster.NodeID, want roster.NodeState) error {
	if seen, known := through.sees(id); !known || seen.State != want {
		return fmt.Errorf("%s is seen as %q, want %s", id, seen.State, want)
	}
	return nil
}

// answersAlone stops every voter where it stands: what a reader still answers, it
// answers from its own replica.
func (s *site) answersAlone(reader *member, voters []*member, known *sample) {
	s.Helper()
	signal := func(what syscall.Signal) {
		for _, n := range voters {
			if err := n.process.cmd.Process.Signal(what); err != nil {
				s.Fatal(err)
			}
		}
	}
	signal(syscall.SIGSTOP)
	err := known.ask(s.client(reader))
	signal(syscall.SIGCONT)
	if err != nil {
		s.Errorf("with all voters stopped: %v", err)
	}
	s.ready(append(voters, reader)...)
}

// TestMemory runs a node that keeps nothing: it needs no directory, and is another
// node at every start.
func TestMemory(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	n := s.member("solo")
	n.dir, n.more = "", []string{"--durability", "none"}
	var before roster.NodeID
	for range 2 {
		n.start()
		s.ready(n)
		c := s.client(n)
		status, err := c.Status(s.soon())
		if err != nil || status.Durability != roster.DurabilityNone || status.Agents != 0 || status.Node == before {
			t.Fatalf("status %+v (%v): want an empty node without durability, and not %q again", status, err, before)
		}
		before = status.Node
		s.enter(c, "memory/one")
		if status, took := s.interrupt(n.process, syscall.SIGTERM); status != 0 {
			t.Fatalf("exits with %d after %v", status, took)
		}
	}
}

// enter registers an agent and reads it back.
func (s *site) enter(c *client.Client, id roster.AgentID) {
	s.Helper()
	if _, _, err := c.Register(s.soon(), roster.Register{Mode: roster.ModePut, Agent: roster.Agent{ID: id}}); err != nil {
		s.Fatal(err)
	}
	if _, _, err := c.Lookup(s.soon(), id, roster.Read{Level: roster.ReadLinearizable}); err != nil {
		s.Fatal(err)
	}
}
