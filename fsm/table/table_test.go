package table

import (
	"slices"
	"sync"
	"testing"

	"roster"
)

func record(id roster.AgentID, revision roster.Index) *roster.Record {
	return &roster.Record{Agent: roster.Agent{ID: id}, Revision: revision}
}

// A reader that loads the index first never finds an older record, while the writer
// puts and while it replaces everything.
func TestIndexNeverAheadOfRecords(t *testing.T) {
	table := New()
	table.Put(record("a/b", 0))
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				at := table.Index()
				if r, ok := table.Get("a/b"); !ok || r.Revision < at {
					t.Errorf("index %d, but record %v %v", at, r, ok)
					return
				}
			}
		})
	}
	for i := roster.Index(1); i <= 20000; i++ {
		r := record("a/b", i)
		if i%100 == 0 {
			table.Replace(slices.Values([]*roster.Record{r}), 1, i)
			continue
		}
		table.Put(r)
		table.Publish(i)
	}
	close(done)
	readers.Wait()
}

func TestDelete(t *testing.T) {
	table := New()
	table.Put(record("a/b", 1))
	table.Put(record("a/c", 2))
	table.Delete("a/b")
	if _, ok := table.Get("a/b"); ok || table.Len() != 1 {
		t.Errorf("a/b still there, or %d records instead of 1", table.Len())
	}
}
