package testcluster_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/raft"

	"roster/internal/testcluster"
)

// The checks themselves must be able to fail: an entry that differs, and a second leader.
func TestWitnessSeesFaults(t *testing.T) {
	entry := func(index, term uint64, data string) []*raft.Log {
		return []*raft.Log{{Index: index, Term: term, Data: []byte(data)}}
	}
	w := testcluster.NewWitness()
	for range 2 {
		w.Stores(1, entry(7, 2, "one"))
		w.Leads(1, 2, "n0")
	}
	w.Stores(1, entry(7, 3, "other"))
	w.Stores(2, entry(7, 2, "other"))
	w.Leads(2, 2, "n1")
	w.Leads(1, 3, "n1")
	if faults, entries, leaders := w.Faults(); len(faults) != 0 || entries != 3 || leaders != 3 {
		t.Errorf("%d entries and %d leaders, and nothing is wrong, but: %v", entries, leaders, faults)
	}
	w.Stores(1, entry(7, 2, "other"))
	w.Leads(1, 2, "n1")
	if faults, _, _ := w.Faults(); len(faults) != 2 || !strings.Contains(faults[0], "differs") || !strings.Contains(faults[1], "both") {
		t.Errorf("faults: %q", faults)
	}
}
