package board

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"roster"
	"roster/cmd/node/survey/scrape"
	"roster/cmd/node/survey/sight"
)

// routesMax is how many routes are shown.
const routesMax = 8

// Board is one frame. Figures are a second's worth; those that nobody told are negative.
type Board struct {
	Cluster string  `json:"cluster"`
	Agents  int     `json:"agents"`
	Nodes   []Node  `json:"nodes"`
	Shards  []Shard `json:"shards"`
	Routes  []Route `json:"routes"` // the busiest
}

// Node is how busy a node is.
type Node struct {
	ID       roster.NodeID `json:"id"`
	State    string        `json:"state"`
	CPU      float64       `json:"cpu"`  // cores
	Heap     float64       `json:"heap"` // bytes that live
	Leads    int           `json:"leads"`
	Votes    int           `json:"votes"`
	Requests float64       `json:"requests"`
	Refused  float64       `json:"refused"` // because of overload
	AgeMS    int64         `json:"age_ms"`  // of its oldest replica; negative: not told
}

// Shard is how busy a shard is.
type Shard struct {
	ID     roster.ShardID `json:"id"`
	Leader roster.NodeID  `json:"leader"`
	Ops    float64        `json:"ops"`
	Write  float64        `json:"write_seconds"` // mean of a synced log write of the leader
	Queue  float64        `json:"queue"`
	AgeMS  int64          `json:"age_ms"` // of its oldest replica
	Agents int            `json:"agents"`
}

// Route is how busy a route is.
type Route struct {
	Name     string  `json:"name"`
	Requests float64 `json:"requests"`
	Mean     float64 `json:"mean_seconds"`
	Failed   float64 `json:"failed"` // answered by 500 and more
}

// Of compares two looks.
func Of(before, now *sight.Cluster, between time.Duration) Board {
	d := pairs(before, now)
	d.seconds = max(between.Seconds(), 1e-3)
	b := Board{Nodes: nodes(now, d), Shards: shards(now, d), Routes: routes(d)}
	for _, n := range now.Answered() {
		b.Cluster, b.Agents = n.Status.Cluster, max(b.Agents, n.Status.Agents)
	}
	return b
}

// pair is two scrapes of one node.
type pair struct{ before, now scrape.Metrics }

// deltas are the pairs of all nodes that told both times.
type deltas struct {
	of      map[roster.NodeID]pair
	seconds float64
}

func pairs(before, now *sight.Cluster) deltas {
	d := deltas{of: map[roster.NodeID]pair{}}
	for _, n := range now.Answered() {
		if then := before.Node(n.ID); then != nil && then.Metrics != nil && n.Metrics != nil {
			d.of[n.ID] = pair{*then.Metrics, *n.Metrics}
		}
	}
	return d
}

// rate is by how much a counter of a node grows in a second; negative: it was not told.
func (d deltas) rate(id roster.NodeID, name string, labels ...string) float64 {
	p, ok := d.of[id]
	if !ok {
		return -1
	}
	return p.now.Since(p.before, name, labels...) / d.seconds
}

// all is the rate of all nodes.
func (d deltas) all(name string, labels ...string) (sum float64) {
	for id := range d.of { // order-free: a sum
		sum += d.rate(id, name, labels...)
	}
	return sum
}

func nodes(c *sight.Cluster, d deltas) []Node {
	out := []Node{}
	for _, m := range c.Members {
		if m.State == roster.NodeLeft {
			continue
		}
		n := Node{ID: m.ID, State: string(m.State), CPU: d.rate(m.ID, "process_cpu_seconds_total"), Heap: -1, Leads: len(m.LeaderOf), Votes: len(m.VoterOf),
			Requests: d.rate(m.ID, "roster_http_requests_total"), Refused: d.rate(m.ID, "roster_shard_overloaded_total"), AgeMS: -1}
		if m.Draining {
			n.State = "draining"
		}
		if seen := c.Node(m.ID); seen != nil {
			worst, _ := seen.Oldest(0)
			n.AgeMS = worst.AgeMS
			if seen.Metrics != nil {
				n.Heap = seen.Metrics.Sum("go_gc_heap_live_bytes")
			}
		}
		out = append(out, n)
	}
	return out
}

func shards(c *sight.Cluster, d deltas) []Shard {
	out := []Shard{}
	for _, s := range c.Shards() {
		id := s.ID.String()
		row := Shard{ID: s.ID, Leader: s.Leader, Agents: s.Agents, Ops: d.all("roster_shard_operations_total", "shard", id), Write: -1}
		if took, n := d.rate(s.Leader, "roster_shard_store_write_seconds_sum", "shard", id), d.rate(s.Leader, "roster_shard_store_write_seconds_count", "shard", id); n > 0 {
			row.Write = took / n
		}
		for _, p := range d.of { // order-free: a sum
			row.Queue += p.now.Sum("roster_shard_queue_operations", "shard", id)
		}
		for _, n := range c.Answered() {
			for _, replica := range n.Shards {
				if replica.ID == s.ID {
					row.AgeMS = max(row.AgeMS, replica.AgeMS)
				}
			}
		}
		out = append(out, row)
	}
	return out
}

// routes are the busiest, by requests.
func routes(d deltas) []Route {
	names := map[string]bool{}
	for _, p := range d.of { // order-free: a set
		for s := range p.now.All("roster_http_requests_total") {
			names[s.Labels["route"]] = true
		}
	}
	out := []Route{}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		r := Route{Name: name, Requests: d.all("roster_http_requests_total", "route", name)}
		if n := d.all("roster_http_request_duration_seconds_count", "route", name); n > 0 {
			r.Mean = d.all("roster_http_request_duration_seconds_sum", "route", name) / n
		}
		for _, p := range d.of { // order-free: a sum
			r.Failed += failures(p, name) / d.seconds
		}
		if r.Requests > 0 {
			out = append(out, r)
		}
	}
	slices.SortStableFunc(out, func(a, b Route) int { return cmp.Compare(b.Requests, a.Requests) })
	return out[:min(len(out), routesMax)]
}

// failures counts the answers of 500 and more that a route gave between two scrapes.
func failures(p pair, route string) (sum float64) {
	for s := range p.now.All("roster_http_requests_total") {
		if s.Labels["route"] == route && strings.HasPrefix(s.Labels["code"], "5") {
			sum += p.now.Since(p.before, "roster_http_requests_total", "route", route, "code", s.Labels["code"])
		}
	}
	return sum
}

// Bytes says how many, as people read it; "?" for what nobody told.
func Bytes(n float64) string {
	switch {
	case n < 0:
		return "?"
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", n/(1<<30))
	}
	return fmt.Sprintf("%.0f MiB", n/(1<<20))
}

// Number says a figure; "?" for what nobody told.
func Number(n float64) string {
	switch {
	case n < 0:
		return "?"
	case n >= 10 || n == 0:
		return fmt.Sprintf("%.0f", n)
	}
	return fmt.Sprintf("%.1f", n)
}

// Span says a time in seconds; "-" for none.
func Span(seconds float64) string {
	if seconds <= 0 {
		return "-"
	}
	d := time.Duration(seconds * float64(time.Second))
	if d < time.Millisecond {
		return d.Round(time.Microsecond).String()
	}
	return d.Round(10 * time.Microsecond).String()
}
