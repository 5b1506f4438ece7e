package processes

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"roster"
	"roster/fleet"
)

const (
	pauseRunsEnv     = "ROSTER_PAUSE_RUNS"
	pauseRunsDefault = 1
	pausedAgents     = 6
	// pausedFor is how long a node is stopped beyond the moment at which its members act
	// elsewhere.
	pausedFor = time.Second
)

// acts is an agent that keeps something under its epoch again and again, through one node
// until that does not answer and then through the next, and notes each try: its epoch, when
// it began and ended, in nanoseconds, and its exit status.
const acts = `set -- $NODES
while :; do
  from=$(date +%s%N)
  printf %s "$ROSTER_EPOCH" | "$BINARY" self save --addr "$1" --timeout 1s 2>/dev/null
  status=$?
  echo "$ROSTER_EPOCH $from $(date +%s%N) $status" >>"$NOTES/${ROSTER_AGENT#*/}"
  if [ $status != 0 ]; then first=$1; shift; set -- "$@" "$first"; fi
  sleep 0.1
done`

// TestPausedNode stops nodes with SIGSTOP while the programs that they run go on and act
// through other nodes: once a member acts elsewhere, nothing of its old activation is taken
// any more, neither while its node is stopped nor when that goes on.
func TestPausedNode(t *testing.T) {
	runs := runsFrom(t, pauseRunsEnv, pauseRunsDefault)
	s := newSiteFor(t, testMax+time.Duration(runs)*runMax)
	p := &pauseStory{site: s, id: "demo/act", notes: t.TempDir()}
	p.begin()
	for run := range runs {
		p.run(run+1, p.home(run%pausedAgents))
	}
	p.judge(runs)
}

type pauseStory struct {
	*site
	nodes []*member
	id    fleet.ID
	notes string
}

// try is one act of an activation.
type try struct {
	epoch    roster.Epoch
	from, to int64
	status   int
}

// begin founds a cluster whose nodes run programs, and enters the fleet.
func (p *pauseStory) begin() {
	p.Helper()
	var binds, apis []string
	for i := range 3 {
		n := p.member(fmt.Sprintf("node%d", i+1))
		n.more = []string{"--drivers", "exec"}
		p.nodes, binds, apis = append(p.nodes, n), append(binds, n.bind), append(apis, n.http)
	}
	for _, n := range p.nodes {
		n.join, n.expect = binds, "3"
		n.start()
	}
	p.ready(p.nodes...)
	env := roster.Map{{Key: "BINARY", Value: p.binary}, {Key: "NODES", Value: strings.Join(apis, " ")}, {Key: "NOTES", Value: p.notes}}
	spec := fleet.Spec{Driver: fleet.Exec, Command: []string{"/bin/sh", "-c", acts}, Env: env, StopGrace: roster.Duration(time.Second)}
	p.until(readyWithin, "the fleet is entered", func() error {
		_, _, err := p.client(p.nodes[0]).ChangeFleet(p.soon(), fleet.Set{Fleet: fleet.Fleet{ID: p.id, Count: pausedAgents, Spec: spec}})
		return err
	})
	p.all(p.nodes...)
}

// all waits until every member runs and acts, as these nodes see it.
func (p *pauseStory) all(at ...*member) {
	p.Helper()
	p.until(elsewhereWithin, "all members act", func() error {
		for n := range pausedAgents {
			r, _, err := p.client(at...).Lookup(p.soon(), p.id.Member(n), roster.Read{Level: roster.ReadLinearizable})
			if err != nil {
				return err
			}
			if tries := p.tries(n); len(tries) == 0 || !taken(tries, r.Epoch) {
				return fmt.Errorf("%s has not acted under epoch %d: %d tries", r.ID, r.Epoch, len(tries))
			}
		}
		return nil
	})
}

// taken reports whether an act under an epoch was taken.
func taken(tries []try, epoch roster.Epoch) bool {
	for _, x := range tries {
		if x.epoch == epoch && x.status == 0 {
			return true
		}
	}
	return false
}

// home returns the node that runs a member.
func (p *pauseStory) home(n int) *member {
	p.Helper()
	r, _, err := p.client(p.nodes...).Lookup(p.soon(), p.id.Member(n), roster.Read{Level: roster.ReadLinearizable})
	if err != nil {
		p.Fatal(err)
	}
	for _, node := range p.nodes {
		if node.nodeID() == r.Node {
			return node
		}
	}
	p.Fatalf("%s is on %q", r.ID, r.Node)
	return nil
}

// run stops a node until its members act elsewhere, and lets it go on.
func (p *pauseStory) run(number int, victim *member) {
	p.Helper()
	stopped := time.Now()
	if err := victim.process.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		p.Fatal(err)
	}
	id, others := victim.nodeID(), slices.DeleteFunc(slices.Clone(p.nodes), func(n *member) bool { return n == victim })
	p.until(elsewhereWithin, "its members act elsewhere", func() error {
		page, err := p.client(others...).Find(p.soon(), roster.Query{Nodes: []string{string(id)}, AnyHealth: true, Namespaces: []string{p.id.Namespace()}})
		if err == nil && len(page.Agents) > 0 {
			err = fmt.Errorf("%d are there still", len(page.Agents))
		}
		return err
	})
	p.all(others...)
	<-time.After(pausedFor)
	if err := victim.process.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		p.Fatal(err)
	}
	p.ready(p.nodes...)
	p.all(p.nodes...)
	p.Logf("run %d: %s was stopped for %v", number, victim.name, round(time.Since(stopped)))
}

// tries reads what a member has noted.
func (p *pauseStory) tries(n int) (all []try) {
	_, name, _ := strings.Cut(string(p.id.Member(n)), "/")
	f, err := os.Open(filepath.Join(p.notes, name))
	if err != nil {
		return nil // it has not begun
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var x try
		if _, err := fmt.Sscan(lines.Text(), &x.epoch, &x.from, &x.to, &x.status); err == nil {
			all = append(all, x)
		}
	}
	return all
}

// judge wants no act of an activation that began after one of a later activation had been
// taken; and that some tried, since otherwise this shows nothing.
func (p *pauseStory) judge(runs int) {
	var all, refused, late int
	for n := range pausedAgents {
		tries := p.tries(n)
		for _, x := range tries {
			after := false
			for _, y := range tries {
				after = after || y.epoch > x.epoch && y.status == 0 && y.to < x.from
			}
			switch {
			case after && x.status == 0:
				late++
				p.Errorf("%s acted under epoch %d at %d, after a later activation", p.id.Member(n), x.epoch, x.from)
			case after:
				refused++
			}
			all++
		}
	}
	p.Logf("%d pauses of a node, %d acts of its members: %d of activations that had been replaced were refused, %d were taken", runs, all, refused, late)
	if refused < runs {
		p.Errorf("old activations acted %d times in %d pauses: this shows nothing", refused, runs)
	}
}
