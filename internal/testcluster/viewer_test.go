package testcluster_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"roster"
	"roster/internal/testcluster"
)

// viewer watches all agents, at one node after the other, and goes on where it was: what
// it sees must be every change, once and in order. Where a node says that it does not
// keep what came next, it begins again.
type viewer struct {
	cursor roster.Cursor
	last   map[roster.AgentID]roster.Index // newest revision, 0: not on the roll
	values map[roster.AgentID]map[string]map[roster.Index]bool
	events int
	gaps   int
	faults []string
}

func newViewer() *viewer {
	return &viewer{last: make(map[roster.AgentID]roster.Index), values: make(map[roster.AgentID]map[string]map[roster.Index]bool)}
}

func (v *viewer) run(ctx context.Context, c *testcluster.Cluster) {
	random := rand.New(rand.NewPCG(0, 13))
	for ctx.Err() == nil {
		if up := c.Running(); len(up) > 0 {
			if n := c.Node(up[random.IntN(len(up))]); n != nil {
				stay, leave := context.WithTimeout(ctx, time.Duration(200+random.IntN(3000))*time.Millisecond)
				v.watch(stay, n)
				leave()
			}
		}
		after(20 * time.Millisecond)
	}
}

func (v *viewer) watch(ctx context.Context, s roster.Service) {
	if v.cursor == "" {
		clear(v.last)
	}
	for event, err := range s.Watch(ctx, roster.Query{AnyHealth: true, Initial: v.cursor == ""}, v.cursor) {
		if roster.CodeOf(err) == roster.CodeGone {
			v.gaps++
			v.cursor = ""
		}
		if err != nil {
			return
		}
		v.see(event)
	}
}

// see takes one event. Those before the cursor are the present matches.
func (v *viewer) see(e roster.Event) {
	if e.Cursor != "" {
		defer func() { v.cursor = e.Cursor }()
	}
	if e.Type == roster.EventSynced {
		return
	}
	v.events++
	var id roster.AgentID
	var before, revision roster.Index
	if e.Before != nil {
		id, before = e.Before.ID, e.Before.Revision
	}
	if e.After != nil {
		id, revision = e.After.ID, e.After.Revision
		v.appears(e.After)
	}
	switch last := v.last[id]; {
	case before != last:
		v.faults = append(v.faults, fmt.Sprintf("%s changed from revision %d, but was last seen at %d", id, before, last))
	case revision != 0 && revision <= last:
		v.faults = append(v.faults, fmt.Sprintf("%s went from revision %d to %d", id, last, revision))
	}
	v.last[id] = revision
}

func (v *viewer) appears(r *roster.Record) {
	if v.values[r.ID] == nil {
		v.values[r.ID] = make(map[string]map[roster.Index]bool)
	}
	if v.values[r.ID][r.Description] == nil {
		v.values[r.ID][r.Description] = make(map[roster.Index]bool)
	}
	v.values[r.ID][r.Description][r.Revision] = true
}

// times counts how often each description of an agent came up.
func (v *viewer) times(id roster.AgentID) map[string]int {
	out := make(map[string]int)
	for value, revisions := range v.values[id] {
		out[value] = len(revisions)
	}
	return out
}

// behind says what the viewer has not seen of what there is now.
func (v *viewer) behind(agents []*roster.Record) error {
	for _, r := range agents {
		if last := v.last[r.ID]; last != r.Revision {
			return fmt.Errorf("%s is at revision %d, and was last seen at %d", r.ID, r.Revision, last)
		}
	}
	return nil
}

// The checks themselves must be able to fail: an event that is left out, one that comes
// twice, and one that never comes.
func TestViewerSeesFaults(t *testing.T) {
	record := func(revision roster.Index) *roster.Record {
		return &roster.Record{Agent: roster.Agent{ID: "a/a"}, Revision: revision}
	}
	change := func(from, to roster.Index) roster.Event {
		e := roster.Event{Type: roster.EventChanged, After: record(to), Cursor: "c"}
		if from != 0 {
			e.Before = record(from)
		}
		return e
	}
	for name, events := range map[string][]roster.Event{
		"left out":   {change(0, 1), change(2, 3)},
		"twice":      {change(0, 1), change(1, 2), change(1, 2)},
		"backwards":  {change(0, 2), change(2, 1)},
		"begun anew": {change(0, 1), change(0, 2)},
	} {
		v := newViewer()
		for _, e := range events {
			v.see(e)
		}
		if len(v.faults) == 0 {
			t.Errorf("%s: nothing was noticed", name)
		}
	}
	v := newViewer()
	v.see(change(0, 1))
	v.see(change(1, 2))
	if len(v.faults) > 0 || v.behind([]*roster.Record{record(2)}) != nil {
		t.Errorf("nothing is wrong, but: %v", v.faults)
	}
	if v.behind([]*roster.Record{record(3)}) == nil {
		t.Error("what never came is not missed")
	}
}
