package fsm

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"testing"

	"roster"
)

func BenchmarkApplyRegister(b *testing.B) {
	for _, ops := range []int{1, 256} {
		b.Run(fmt.Sprintf("ops=%d", ops), func(b *testing.B) {
			m := New(1)
			agents := make([]roster.Agent, 100_000)
			for i := range agents {
				agents[i] = crew(i)
				agents[i].Description = fmt.Sprint("number ", i)
			}
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				e := roster.Entry{Shard: 1, At: roster.LogTime(n)}
				for range ops {
					a := agents[n%len(agents)]
					if n >= len(agents) {
						a.Description = "changed"
					}
					n++
					e.Ops = append(e.Ops, roster.Op{Request: roster.Request{Client: 7, Seq: uint64(n), Done: uint64(max(0, n-100))}, Command: roster.Register{Agent: a, Mode: roster.ModePut}})
				}
				m.Apply(e)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/register")
		})
	}
}

// BenchmarkApplyUpdate changes metadata of agents that are there, in entries of 256.
func BenchmarkApplyUpdate(b *testing.B) {
	const n, ops = 100_000, 256
	m := New(1)
	fill(m, n)
	b.ReportAllocs()
	seq := uint64(0)
	for b.Loop() {
		e := roster.Entry{Shard: 1, At: roster.LogTime(seq)}
		for range ops {
			seq++
			e.Ops = append(e.Ops, roster.Op{Request: roster.Request{Client: 7, Seq: seq, Done: uint64(max(0, int(seq)-1000))},
				Command: roster.Update{ID: crew(int(seq*7919) % n).ID, Metadata: roster.MapPatch{Set: roster.Map{{Key: "owner", Value: strconv.FormatUint(seq, 10)}}}}})
		}
		m.Apply(e)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(seq), "ns/update")
}

// BenchmarkLookup reads the same records in the same order through the machine and
// through a plain map.
func BenchmarkLookup(b *testing.B) {
	const n = 100_000
	m := New(1)
	fill(m, n)
	plain := make(map[roster.AgentID]*roster.Record, n)
	order := make([]roster.AgentID, n)
	for i := range order {
		order[i] = crew(i * 7919 % n).ID
		plain[order[i]], _ = m.Lookup(order[i])
	}
	b.Run("fsm", func(b *testing.B) {
		b.ReportAllocs()
		i := 0
		for b.Loop() {
			_ = m.Index()
			if _, ok := m.Lookup(order[i%n]); !ok {
				b.Fatal("lost")
			}
			i++
		}
	})
	b.Run("map", func(b *testing.B) {
		b.ReportAllocs()
		i := 0
		for b.Loop() {
			if _, ok := plain[order[i%n]]; !ok {
				b.Fatal("lost")
			}
			i++
		}
	})
}

func BenchmarkFind(b *testing.B) {
	m := New(1)
	fill(m, 100_000)
	for _, c := range []struct {
		name string
		q    roster.Query
	}{
		{"capability", roster.Query{Capabilities: []string{"plan"}}},
		{"capability-and-label", roster.Query{Capabilities: []string{"plan"}, Labels: []roster.Pair{{Key: "zone", Value: "z3"}}}},
		{"rare-label", roster.Query{Labels: []roster.Pair{{Key: "tier", Value: "gold"}, {Key: "zone", Value: "z3"}}}},
		{"text", roster.Query{Text: "0001"}},
		{"none", roster.Query{Capabilities: []string{"nobody"}}},
		{"all", roster.Query{}},
	} {
		q := compile(b, c.q)
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := m.View().Find(q, Mark{}, 100); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkSnapshot(b *testing.B) {
	m := New(1)
	fill(m, 100_000)
	b.Run("capture", func(b *testing.B) {
		for b.Loop() {
			m.View().Snapshot()
		}
	})
	b.Run("write", func(b *testing.B) {
		s := m.View().Snapshot()
		for b.Loop() {
			if _, err := s.WriteTo(io.Discard); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("digest", func(b *testing.B) {
		for b.Loop() {
			m.View().Digest()
		}
	})
	b.Run("restore", func(b *testing.B) {
		var stream bytes.Buffer
		if _, err := m.View().Snapshot().WriteTo(&stream); err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if err := New(1).Restore(bytes.NewReader(stream.Bytes())); err != nil {
				b.Fatal(err)
			}
		}
	})
}
