package processes

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"roster"
	"roster/client"
)

const sampleFile = "testdata/agents.jsonl"

// sample is what every node must find.
type sample struct {
	*site
	agents []roster.Agent
	token  roster.Token // covers all of it
}

// load imports the sample through a node as a user would.
func (s *site) load(through *member) *sample {
	s.Helper()
	file, err := os.Open(sampleFile)
	if err != nil {
		s.Fatal(err)
	}
	defer file.Close()
	out := &sample{site: s}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var agent roster.Agent
		if err := json.Unmarshal(lines.Bytes(), &agent); err != nil {
			s.Fatal(err)
		}
		out.agents = append(out.agents, agent)
	}
	if stdout, stderr, status := s.run("agents", "import", "--addr", through.http, sampleFile); status != 0 {
		s.Fatalf("import exits with %d: %s%s", status, stdout, stderr)
	}
	page, err := s.client(through).Find(s.soon(), roster.Query{Limit: roster.ListLimitMax, Read: roster.Read{Level: roster.ReadLinearizable}})
	if err != nil {
		s.Fatal(err)
	}
	if len(page.Agents) != len(out.agents) {
		s.Fatalf("%d agents after importing %d", len(page.Agents), len(out.agents))
	}
	out.token = page.Token
	return out
}

// question is one query and the agents that answer it.
type question struct {
	name  string
	query roster.Query
	picks func(roster.Agent) bool
}

func questions() []question {
	has := func(capability string) func(roster.Agent) bool {
		return func(a roster.Agent) bool {
			return slices.ContainsFunc(a.Capabilities, func(c roster.Capability) bool { return c.Name == capability })
		}
	}
	says := func(word string) func(roster.Agent) bool {
		return func(a roster.Agent) bool { return strings.Contains(strings.ToLower(a.Description), word) }
	}
	gold := roster.Pair{Key: "tier", Value: "gold"}
	return []question{
		{"capability", roster.Query{Capabilities: []string{"translate"}}, has("translate")},
		{"capability with slash", roster.Query{Capabilities: []string{"price/quote"}}, has("price/quote")},
		{"label", roster.Query{Labels: []roster.Pair{gold}}, func(a roster.Agent) bool { return slices.Contains(a.Labels, gold) }},
		{"text", roster.Query{Text: "reports"}, says("reports")},
	}
}

// foundThrough checks that a node has all of the sample and answers every question
// about it, having waited for the token.
func (s *sample) foundThrough(n *member) {
	s.Helper()
	c := s.client(n)
	s.until(readyWithin, n.name+" finds the sample", func() error { return s.ask(c) })
}

func (s *sample) ask(c *client.Client) error {
	ctx, cancel := context.WithTimeout(s.ctx, roster.RequestDeadline)
	defer cancel()
	read := roster.Read{Level: roster.ReadFresh, After: s.token}
	for _, q := range questions() {
		q.query.Limit, q.query.Read = roster.ListLimitMax, read
		page, err := c.Find(ctx, q.query)
		if err != nil {
			return fmt.Errorf("by %s: %w", q.name, err)
		}
		var got, want []roster.AgentID
		for _, record := range page.Agents {
			got = append(got, record.ID)
		}
		for _, agent := range s.agents {
			if q.picks(agent) {
				want = append(want, agent.ID)
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if len(want) == 0 || !slices.Equal(got, want) {
			return fmt.Errorf("by %s: found %v, want %v", q.name, got, want)
		}
	}
	for _, agent := range s.agents {
		record, _, err := c.Lookup(ctx, agent.ID, read)
		if err != nil {
			return err
		}
		if !record.SameContent(agent.Canonical()) {
			return fmt.Errorf("%s is %+v, want %+v", agent.ID, record.Agent, agent)
		}
	}
	return nil
}
