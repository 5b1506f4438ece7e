package containers

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"roster"
	"roster/fleet"
)

const (
	top          = "../.." // where the compose files and cmd/node are
	sample       = "internal/containers/testdata/servers.jsonl"
	nodesMax     = 5
	poll         = 100 * time.Millisecond
	resumeWithin = 10 * time.Second // writes after a kill; measured and logged
	backWithin   = 30 * time.Second
)

// nodes are running nodes, numbered from 1, seen through their HTTP API.
type nodes struct {
	t      *testing.T
	ctx    context.Context
	env    []string
	binary string // the CLI, built from this tree for this machine
	addr   [nodesMax + 1]string
}

// open builds the binary, or skips unless it was asked for.
func open(ctx context.Context, t *testing.T, variable string) nodes {
	if os.Getenv(variable) != "1" {
		t.Skipf("builds and starts real nodes: set %s=1 to run it", variable)
	}
	s := nodes{t: t, ctx: ctx, env: append(os.Environ(), "CGO_ENABLED=0")}
	s.binary = filepath.Join(t.TempDir(), "roster")
	s.run("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", s.binary, "./cmd/node")
	for n := 1; n <= nodesMax; n++ {
		s.addr[n] = freeAddress(t)
	}
	return s
}

// try runs a command in the project's directory.
func (s *nodes) try(name string, args ...string) (string, error) {
	cmd := exec.CommandContext(s.ctx, name, args...)
	cmd.Dir, cmd.Env = top, s.env
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return stdout.String(), fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, stderr.String())
	}
	return stdout.String(), nil
}

func (s *nodes) run(name string, args ...string) string {
	s.t.Helper()
	out, err := s.try(name, args...)
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

// load imports the sample through node 1 and returns the ids that must be there.
func (s *nodes) load() []roster.AgentID {
	s.t.Helper()
	s.env = append(s.env, "ROSTER_ADDR="+s.addr[1])
	s.t.Logf("import: %s", s.run(s.binary, "agents", "import", "--format", "mcp-servers", sample))
	want := sampleIDs(s.t)
	s.holds(1, want)
	return want
}

// survive is the middle of every story: stop node victim the hard way, see that the
// other two still know and still write, bring it back, and see it catch up.
func (s *nodes) survive(want []roster.AgentID, kill, start func(victim int)) []roster.AgentID {
	s.t.Helper()
	victim, late := s.leader(), lateIDs()
	s.fleet(others(victim)[0])
	kill(victim)
	killed := time.Now()
	s.t.Logf("killed node%d, which led most shards", victim)
	survivors := others(victim)
	took := s.until(resumeWithin, "writes resume in every shard", func() error {
		for _, id := range late {
			if err := s.register(survivors[0], id); err != nil {
				return err
			}
		}
		return nil
	})
	s.t.Logf("writes resumed after %v", took.Round(time.Millisecond))
	for _, n := range survivors {
		s.holds(n, want)
	}
	s.runs(survivors[1], s.memberOf(survivors[0], victim))
	s.t.Logf("all %d agents of the fleet ran on the others after %v", fleetSize, time.Since(killed).Round(time.Millisecond))
	start(victim)
	took = s.until(backWithin, "the killed node catches up", func() error {
		for _, id := range late {
			if err := s.has(victim, id); err != nil {
				return err
			}
		}
		return nil
	})
	s.t.Logf("caught up %v after it was ready", took.Round(time.Millisecond))
	s.holds(victim, want)
	return late
}

// fleetSize is how many agents the nodes run beside what is on the roll.
const fleetSize = 1000

// fleet has the nodes run agents, and waits until they do.
func (s *nodes) fleet(at int) {
	s.t.Helper()
	took := s.until(resumeWithin, "the fleet is entered", func() error {
		return s.call(http.MethodPut, at, "/v1/fleets/test/crew", fmt.Sprintf(`{"count":%d,"spec":{"driver":"inproc","entry":"idle"}}`, fleetSize), nil)
	})
	took += s.runs(at, "")
	s.t.Logf("a fleet of %d agents runs after %v", fleetSize, took.Round(time.Millisecond))
}

// runs waits until all agents of the fleet run, none of them on a node.
func (s *nodes) runs(at int, but roster.NodeID) time.Duration {
	s.t.Helper()
	return s.until(resumeWithin, "the fleet runs", func() error {
		var state fleet.State
		if err := s.get(at, "/v1/fleets/test/crew?read=linearizable", &state); err != nil {
			return err
		}
		if state.Current != fleetSize {
			return fmt.Errorf("%d of %d run: %v", state.Current, fleetSize, state.Members)
		}
		var there roster.Page
		if err := s.get(at, "/v1/agents?limit=1&read=linearizable&namespace=test&node="+string(but), &there); but != "" && (err != nil || len(there.Agents) > 0) {
			return fmt.Errorf("%d or more are still on %s: %w", len(there.Agents), but, err)
		}
		return nil
	})
}

// memberOf returns the id of node n, as another knows it.
func (s *nodes) memberOf(at, n int) roster.NodeID {
	s.t.Helper()
	for _, m := range s.members(at) {
		if m.Name == fmt.Sprintf("node%d", n) {
			return m.ID
		}
	}
	s.t.Fatalf("node %d knows no node%d", at, n)
	return ""
}

// lateIDs are agents that are entered while a node is dead: enough to meet every
// shard of the default number, those that the dead node led among them.
func lateIDs() []roster.AgentID {
	var ids []roster.AgentID
	for i := range 4 * roster.ShardsDefault {
		ids = append(ids, roster.AgentID(fmt.Sprintf("test/late-%d", i)))
	}
	return ids
}

// until polls what to come true and returns how long that took.
func (s *nodes) until(within time.Duration, what string, check func() error) time.Duration {
	s.t.Helper()
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
			s.t.Fatalf("%s: not within %v: %v", what, within, err)
		case <-tick.C:
		}
	}
}

// holds checks that node n finds every agent, by id and by namespace.
func (s *nodes) holds(n int, want []roster.AgentID) {
	s.t.Helper()
	s.until(backWithin, fmt.Sprintf("node%d finds all %d agents", n, len(want)), func() error {
		for _, id := range want {
			if err := s.has(n, id); err != nil {
				return err
			}
		}
		var page struct{ Agents []struct{ ID roster.AgentID } }
		query := url.Values{"namespace": {"mcp"}, "limit": {"1000"}, "read": {"linearizable"}}
		if err := s.get(n, "/v1/agents:find?"+query.Encode(), &page); err != nil {
			return err
		}
		inMCP := 0
		for _, id := range want {
			if id.Namespace() == "mcp" {
				inMCP++
			}
		}
		if len(page.Agents) != inMCP {
			return fmt.Errorf("find returned %d agents of %d", len(page.Agents), inMCP)
		}
		return nil
	})
}

func (s *nodes) has(n int, id roster.AgentID) error {
	var agent struct{ ID roster.AgentID }
	if err := s.get(n, "/v1/agents/"+string(id), &agent); err != nil {
		return err
	}
	if agent.ID != id {
		return fmt.Errorf("asked for %s, got %q", id, agent.ID)
	}
	return nil
}

// register enters an agent; one that is there already was entered by a try whose
// answer was lost.
func (s *nodes) register(n int, id roster.AgentID) error {
	body := fmt.Sprintf(`{"id":%q}`, id)
	return s.call(http.MethodPut, n, "/v1/agents/"+string(id), body, nil)
}

// leader returns the number of the node that leads most shards.
func (s *nodes) leader() int {
	best, most := 1, -1
	for _, m := range s.members(1) {
		var n int
		if _, err := fmt.Sscanf(m.Name, "node%d", &n); err == nil && len(m.LeaderOf) > most {
			best, most = n, len(m.LeaderOf)
		}
	}
	return best
}

func (s *nodes) members(n int) []roster.Member {
	s.t.Helper()
	var list struct{ Members []roster.Member }
	if err := s.get(n, "/v1/members", &list); err != nil {
		s.t.Fatal(err)
	}
	return list.Members
}

func (s *nodes) get(n int, path string, into any) error {
	return s.call(http.MethodGet, n, path, "", into)
}

func (s *nodes) call(method string, n int, path, body string, into any) (err error) {
	ctx, cancel := context.WithTimeout(s.ctx, roster.RequestDeadline)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, "http://"+s.addr[n]+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, roster.BatchBytesMax))
	if err != nil {
		return err
	}
	if resp.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, answer)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(answer, into)
}

// sampleIDs returns the agents that the sample becomes.
func sampleIDs(t *testing.T) []roster.AgentID {
	f, err := os.Open(top + "/" + sample)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var ids []roster.AgentID
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var entry struct{ Name string }
		if err := json.Unmarshal(lines.Bytes(), &entry); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, roster.AgentID("mcp/"+strings.ReplaceAll(strings.ToLower(entry.Name), "/", ".")))
	}
	return ids
}

// others returns the first three nodes but n.
func others(n int) []int {
	var out []int
	for i := 1; i <= 3; i++ {
		if i != n {
			out = append(out, i)
		}
	}
	return out
}

// freeAddress returns an address of this machine on which nothing listens.
func freeAddress(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
