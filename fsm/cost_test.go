package fsm

import (
	"bytes"
	"fmt"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"roster"
	"roster/fsm/codec"
)

// typical returns the i-th of many agents of about 230 bytes: two capabilities, two
// labels, an endpoint and a sentence of its own. What a fleet repeats, it repeats.
func typical(i int) roster.Agent {
	return roster.Agent{
		ID: roster.AgentID(fmt.Sprintf("load/agent-%07d", i)),
		Capabilities: []roster.Capability{
			{Name: fmt.Sprintf("skill-%03d", i%500), Version: "1.2", Attributes: roster.Map{{Key: "lang", Value: "de"}}},
			{Name: "summarise", Version: "2.0"},
		},
		Labels:      roster.Map{{Key: "region", Value: fmt.Sprintf("eu-%d", i%7)}, {Key: "tier", Value: "gold"}},
		Endpoints:   []roster.Endpoint{{Name: "http", URL: fmt.Sprintf("http://10.%d.%d.%d:8080/v1/act", i>>16&255, i>>8&255, i&255)}},
		Description: "Reads what others wrote and says in two sentences what it was about",
		Metadata:    roster.Map{{Key: "owner", Value: "team-of-the-north"}, {Key: "repository", Value: "https://git.example/agents/load"}},
	}.Canonical()
}

// entries encodes the operations that make returns, ops to an entry.
func entries(b *testing.B, n, ops int, make func(i int) roster.Command) (out [][]byte) {
	b.Helper()
	for from := 0; from < n; from += ops {
		e := roster.Entry{Shard: 1, At: roster.LogTime(from), Wall: 1}
		for i := from; i < min(n, from+ops); i++ {
			e.Ops = append(e.Ops, roster.Op{Request: roster.Request{Client: 7, Seq: uint64(i + 1), Done: uint64(max(0, i-100))}, Command: make(i)})
		}
		encoded, err := codec.AppendEntry(nil, e)
		if err != nil {
			b.Fatal(err)
		}
		out = append(out, encoded)
	}
	return out
}

// feed decodes and applies entries.
func feed(b *testing.B, m *Machine, log [][]byte) {
	for _, encoded := range log {
		e, err := codec.DecodeEntry(encoded)
		if err != nil {
			b.Fatal(err)
		}
		for _, r := range m.Apply(e) {
			if r.Err != nil {
				b.Fatal(r.Err)
			}
		}
	}
}

// BenchmarkCost applies entries of 100 operations to a machine of 100 000 agents,
// decoding them first.
func BenchmarkCost(b *testing.B) {
	const start = 100_000
	for _, c := range []struct {
		name string
		make func(i int) roster.Command
	}{
		{"register", func(i int) roster.Command { return roster.Register{Agent: typical(start + i), Mode: roster.ModePut} }},
		{"metadata", func(i int) roster.Command {
			return roster.Update{ID: typical(i % start).ID, Metadata: roster.MapPatch{Set: roster.Map{{Key: "load", Value: fmt.Sprint(i)}}}}
		}},
		{"health-reason", func(i int) roster.Command {
			return roster.SetHealth{ID: typical(i % start).ID, Health: roster.Health{State: roster.Passing, Reason: fmt.Sprint("queue ", i)}}
		}},
		{"health-state", func(i int) roster.Command {
			return roster.SetHealth{ID: typical(i % start).ID, Health: roster.Health{State: roster.HealthStates[(i/start+1)%2]}}
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			m := New(1)
			populate(b, m, start)
			log := entries(b, b.N, 100, c.make)
			b.ReportAllocs()
			runtime.GC()
			b.ResetTimer()
			before := used(b)
			feed(b, m, log)
			b.ReportMetric(float64((used(b)-before).Nanoseconds())/float64(b.N), "cpu-ns/op")
		})
	}
}

// populate enters n agents, decoded as from a log.
func populate(b *testing.B, m *Machine, n int) {
	b.Helper()
	for from := 0; from < n; from += roster.EntryOpsMax {
		e := roster.Entry{Shard: 1, Wall: 1}
		for i := from; i < min(n, from+roster.EntryOpsMax); i++ {
			e.Ops = append(e.Ops, roster.Op{Command: roster.Register{Agent: typical(i), Mode: roster.ModePut}})
		}
		encoded, err := codec.AppendEntry(nil, e)
		if err != nil {
			b.Fatal(err)
		}
		feed(b, m, [][]byte{encoded})
	}
}

// BenchmarkMemory reports the live heap of a machine of many agents, and of one that was
// restored from its snapshot; the longest that the collector stopped everything; how
// long a capture and a restore take, and the first writes after the capture, which copy
// what they change.
func BenchmarkMemory(b *testing.B) {
	for _, n := range []int{100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			if n > 100_000 && testing.Short() {
				b.Skip("a million agents take a minute")
			}
			for b.Loop() {
				memory(b, n)
			}
		})
	}
}

func memory(b *testing.B, n int) {
	before, pauses := heap(), collections()
	m := New(1)
	populate(b, m, n)
	b.ReportMetric(float64(collections().since(pauses).Nanoseconds())/1e3, "gc-pause-max-us")
	b.ReportMetric(float64(heap()-before)/float64(n), "live-B/agent")

	start := time.Now()
	snapshot := m.View().Snapshot()
	b.ReportMetric(float64(time.Since(start).Nanoseconds())/1e3, "capture-us")
	worst := time.Duration(0)
	for i := range 1000 {
		start := time.Now()
		one(m, 0, roster.Op{Command: roster.SetHealth{ID: typical(i * 7919 % n).ID, Health: roster.Health{State: roster.Warning}}})
		worst = max(worst, time.Since(start))
	}
	b.ReportMetric(float64(worst.Nanoseconds())/1e3, "write-after-capture-max-us")

	var stream bytes.Buffer
	start = time.Now()
	if _, err := snapshot.WriteTo(&stream); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(time.Since(start).Nanoseconds())/1e3/float64(n), "write-us/agent")
	m, snapshot = nil, nil
	before, m = heap(), New(1)
	start = time.Now()
	cpu := used(b)
	if err := m.Restore(bytes.NewReader(stream.Bytes())); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(time.Since(start).Nanoseconds())/1e3/float64(n), "restore-us/agent")
	b.ReportMetric(float64((used(b)-cpu).Nanoseconds())/1e3/float64(n), "restore-cpu-us/agent")
	b.ReportMetric(float64(heap()-before)/float64(n), "restored-B/agent")
	runtime.KeepAlive(m)
	runtime.KeepAlive(&stream)
}

// pauses are the stops of the collector so far.
type pauses struct {
	count uint32
	stats runtime.MemStats
}

func collections() *pauses {
	p := new(pauses)
	runtime.ReadMemStats(&p.stats)
	p.count = p.stats.NumGC
	return p
}

// since returns the longest pause after an earlier moment, among the last 256.
func (p *pauses) since(earlier *pauses) (longest time.Duration) {
	for n := p.count; n > earlier.count && n+256 > p.count; n-- {
		longest = max(longest, time.Duration(p.stats.PauseNs[(n+255)%256]))
	}
	return longest
}

// BenchmarkFindMany asks 450 000 agents: for 100 of many matches, from the beginning and
// from the middle, and for few.
func BenchmarkFindMany(b *testing.B) {
	const n = 450_000
	m := New(1)
	populate(b, m, n)
	for _, c := range []struct {
		name  string
		q     roster.Query
		after Mark
	}{
		{"seventh", roster.Query{Labels: []roster.Pair{{Key: "region", Value: "eu-3"}}}, Mark{}},
		{"seventh-middle", roster.Query{Labels: []roster.Pair{{Key: "region", Value: "eu-3"}}}, Mark{Seen: true, ID: typical(n / 2).ID}},
		{"all", roster.Query{Capabilities: []string{"summarise"}}, Mark{}},
		{"skill", roster.Query{Capabilities: []string{"skill-007"}}, Mark{}},
		{"skill-and-region", roster.Query{Capabilities: []string{"skill-007"}, Labels: []roster.Pair{{Key: "region", Value: "eu-3"}}}, Mark{}},
		{"word", roster.Query{Text: "0123456"}, Mark{}},
	} {
		q := compile(b, c.q)
		b.Run(c.name, func(b *testing.B) {
			var took []time.Duration
			plan := ""
			for b.Loop() {
				start := time.Now()
				_, plan, _ = m.View().Find(q, c.after, 100)
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds())/1e3, "p99-us")
			b.Log(plan)
		})
	}
}

// used returns the CPU time of this process so far: on a machine that others use too,
// the clock says little.
func used(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}
