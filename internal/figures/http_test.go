package figures_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"roster"
)

// BenchmarkHTTPLookup looks up random agents over HTTP through all three nodes, in the
// local replica and after asking the leader, beside a bare net/http server that answers as many bytes.
func BenchmarkHTTPLookup(b *testing.B) {
	nodes := three(b, roster.DurabilityNone, 0)
	addresses := serveNodes(b, nodes)
	fill(b, nodes[0], audience)
	awaitAgents(b, audience, nodes...)
	keys := ids(audience)
	c := dialRaw(b, addresses[0])
	if status, err := c.do(lookup(nil, keys[0])); status != http.StatusOK || err != nil {
		b.Fatal(status, err)
	}
	bare := []string{serve(b, constant(http.StatusOK, c.body))}
	request := func(to []byte, i int) []byte { return lookup(to, keys[i%len(keys)]) }
	linearizable := func(to []byte, i int) []byte { return get(to, string(keys[i%len(keys)])+"?read=linearizable") }
	b.Run("roster", func(b *testing.B) { load(b, readConnections, addresses, http.StatusOK, request) })
	b.Run("linearizable", func(b *testing.B) { load(b, readConnections, addresses, http.StatusOK, linearizable) })
	b.Run("bare", func(b *testing.B) { load(b, readConnections, bare, http.StatusOK, request) })
}

// BenchmarkHTTPRegister registers new agents over HTTP through all three nodes, one by
// one and in batches, beside a bare net/http server that takes and answers as many
// bytes, and one sync of a page.
func BenchmarkHTTPRegister(b *testing.B) {
	for _, d := range []roster.Durability{roster.DurabilitySync, roster.DurabilityNone} {
		b.Run("durability="+string(d), func(b *testing.B) {
			addresses := serveNodes(b, three(b, d, 0))
			b.Run("single", func(b *testing.B) { registerSingles(b, addresses, namespace(b)) })
			b.Run("batch=100", func(b *testing.B) { registerBatches(b, addresses, namespace(b)) })
		})
	}
	b.Run("bare", func(b *testing.B) {
		answer := []byte(strings.Repeat("x", 700)) // about what a registration answers
		registerSingles(b, []string{serve(b, constant(http.StatusCreated, answer))}, "bare")
	})
	b.Run("sync-4KiB", syncPage)
}

// namespace is fresh in each round of a benchmark, so that every agent is new.
func namespace(b *testing.B) string { return fmt.Sprintf("n%d-%d", b.N, time.Now().UnixNano()) }

func registerSingles(b *testing.B, addresses []string, namespace string) {
	load(b, writeConnections, addresses, http.StatusCreated, func(to []byte, i int) []byte {
		return post(to, "/v1/agents", named(namespace, i))
	})
}

func registerBatches(b *testing.B, addresses []string, namespace string) {
	const size = 100
	load(b, batchConnections, addresses, http.StatusOK, func(to []byte, i int) []byte {
		items := make([]roster.Agent, size)
		for k := range items {
			items[k] = named(namespace, i*size+k)
		}
		return post(to, "/v1/agents:register", struct {
			Agents []roster.Agent `json:"agents"`
		}{items})
	})
	b.ReportMetric(size*float64(b.N)/b.Elapsed().Seconds(), "agents/s")
}

func named(namespace string, i int) roster.Agent {
	a := sample(i)
	a.ID = agentID(namespace, i)
	return a
}

func lookup(to []byte, id roster.AgentID) []byte { return get(to, string(id)) }

// get appends a request for an agent; more may follow after its id.
func get(to []byte, id string) []byte {
	to = append(append(to, "GET /v1/agents/"...), id...)
	return append(to, " HTTP/1.1\r\nHost: localhost\r\n\r\n"...)
}

func post[T any](to []byte, path string, content T) []byte {
	body, err := json.Marshal(content)
	if err != nil {
		panic(err) // agents are JSON
	}
	to = append(append(append(to, "POST "...), path...), " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "...)
	return append(append(strconv.AppendInt(to, int64(len(body)), 10), "\r\n\r\n"...), body...)
}

// constant answers everything with the same bytes.
func constant(status int, body []byte) http.Handler {
	length := strconv.Itoa(len(body))
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", length)
		w.WriteHeader(status)
		_, _ = w.Write(body) // a client that left needs no answer
	})
}

// syncPage writes and syncs one page of a file again and again: what one commit costs
// at least.
func syncPage(b *testing.B) {
	f, err := os.Create(filepath.Join(b.TempDir(), "page"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	page := make([]byte, 4096)
	var took []time.Duration
	for b.Loop() {
		start := time.Now()
		if _, err := f.WriteAt(page, 0); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	b.ReportMetric(milliseconds(percentile(took, 50)), "p50-ms")
	b.ReportMetric(milliseconds(percentile(took, 99)), "p99-ms")
}
