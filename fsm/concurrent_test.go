package fsm

import (
	"bytes"
	"sync"
	"testing"

	"roster"
)

// Look-ups run beside Apply and Restore: whoever loads the index first finds a record
// at least as new.
func TestLookupBesideWriter(t *testing.T) {
	m := New(1)
	put := func(i int) roster.Entry {
		return roster.Entry{Shard: 1, Ops: []roster.Op{{Command: roster.Register{Mode: roster.ModePut, Agent: roster.Agent{ID: "a/b", Description: crew(i).Labels[1].Value + string(rune('a'+i%26))}}}}}
	}
	m.Apply(put(0))
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				at := m.Index()
				if r, ok := m.Lookup("a/b"); !ok || r.Revision < at {
					t.Errorf("index %d, but %+v", at, r)
					return
				}
			}
		})
	}
	for i := 1; i <= 3000; i++ {
		m.Apply(put(i))
		if i%500 == 0 {
			if err := m.Restore(bytes.NewReader(stream(t, m))); err != nil {
				t.Error(err)
			}
		}
	}
	close(done)
	readers.Wait()
}

// A snapshot is written beside the entries that follow it.
func TestSnapshotBesideWriter(t *testing.T) {
	m := New(1)
	fill(m, 2000)
	s, want := m.View().Snapshot(), stream(t, m)
	var got bytes.Buffer
	var writer sync.WaitGroup
	writer.Go(func() {
		if _, err := s.WriteTo(&got); err != nil {
			t.Error(err)
		}
	})
	for i := range 2000 {
		one(m, 0, roster.Op{Command: roster.Deregister{ID: crew(i).ID}})
	}
	writer.Wait()
	if !bytes.Equal(got.Bytes(), want) {
		t.Error("the snapshot holds what came after it")
	}
}

// Views are read by many at once.
func TestViewsSideBySide(t *testing.T) {
	m := New(1)
	fill(m, 2000)
	want := m.View().Digest()
	q := compile(t, roster.Query{Capabilities: []string{"plan"}, Labels: []roster.Pair{{Key: "zone", Value: "z1"}}})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			v := m.View()
			if found, plan, err := v.Find(q, Mark{}, 10); err != nil || len(found) != 10 {
				t.Error(len(found), plan, err)
			}
			if v.Digest() != want {
				t.Error("another digest")
			}
		})
	}
	readers.Wait()
}
