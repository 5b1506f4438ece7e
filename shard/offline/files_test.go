package offline

import (
	"testing"

	"github.com/hashicorp/raft"

	"roster"
	"roster/fsm"
	"roster/fsm/codec"
	"roster/shard/logstore"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// entry is a command that registers an agent in shard 1.
func entry(t *testing.T, index, term uint64, id roster.AgentID) *raft.Log {
	t.Helper()
	data, err := codec.AppendEntry(nil, roster.Entry{Shard: 1, Ops: []roster.Op{{Command: roster.Register{Agent: roster.Agent{ID: id}}}}})
	must(t, err)
	return &raft.Log{Index: index, Term: term, Type: raft.LogCommand, Data: data}
}

// each runs a test on both stores.
func each(t *testing.T, test func(*testing.T, *Files)) {
	for _, kind := range []logstore.Kind{logstore.Shared, logstore.Bolt} {
		t.Run(string(kind), func(t *testing.T) {
			f, err := Open(t.TempDir(), kind)
			must(t, err)
			test(t, f)
			must(t, f.Close())
		})
	}
}

// write puts a log behind what is planted.
func write(t *testing.T, f *Files, logs ...*raft.Log) {
	t.Helper()
	s, err := f.open(1)
	must(t, err)
	must(t, s.log.StoreLogs(logs))
	must(t, s.log.Close())
}

// wants replays shard 1 and wants its log to end at a place, with these agents and no others.
func wants(t *testing.T, f *Files, end Position, ids ...roster.AgentID) {
	t.Helper()
	m, last, err := f.Replay(1)
	must(t, err)
	if at, err := f.Last(1); err != nil || at != last || last != end {
		t.Errorf("it ends at %v or %v, want %v; %v", last, at, end, err)
	}
	for _, id := range ids {
		if _, there := m.Lookup(id); !there {
			t.Errorf("%s is not there", id)
		}
	}
	if n := m.View().Agents(); n != len(ids) {
		t.Errorf("%d agents, want %q", n, ids)
	}
}

// planted has shard 1 begun with demo/a.
func planted(t *testing.T, f *Files) {
	t.Helper()
	m := fsm.New(1)
	m.Apply(roster.Entry{Shard: 1, Ops: []roster.Op{{Command: roster.Register{Agent: roster.Agent{ID: "demo/a"}}}}})
	must(t, f.Plant(1, m.View().Snapshot(), "n1"))
}

// TestReplay: the snapshot, and all of the log behind it, whatever is in between.
func TestReplay(t *testing.T) {
	each(t, func(t *testing.T, f *Files) {
		planted(t, f)
		wants(t, f, Position{1, 1}, "demo/a")
		write(t, f, &raft.Log{Index: 2, Term: 4, Type: raft.LogNoop}, entry(t, 3, 4, "demo/b"), &raft.Log{Index: 4, Term: 4, Type: raft.LogBarrier}, entry(t, 5, 7, "demo/c"))
		wants(t, f, Position{7, 5}, "demo/a", "demo/b", "demo/c")
	})
}

// TestAnEntryAgainstTheSnapshot counts for nothing, and neither does what follows it.
func TestAnEntryAgainstTheSnapshot(t *testing.T) {
	each(t, func(t *testing.T, f *Files) {
		planted(t, f)
		write(t, f, entry(t, 1, 9, "demo/no"), entry(t, 2, 9, "demo/neither"))
		wants(t, f, Position{1, 1}, "demo/a")
	})
}

// TestWhatIsNotThere is no empty shard, and what is there is not planted over.
func TestWhatIsNotThere(t *testing.T) {
	each(t, func(t *testing.T, f *Files) {
		if _, err := f.Last(1); err == nil {
			t.Error("a shard that nobody wrote ends somewhere")
		}
		if _, _, err := f.Replay(1); err == nil {
			t.Error("a shard that nobody wrote has a state")
		}
		planted(t, f)
		if err := f.Plant(1, fsm.New(1).View().Snapshot(), "n1"); roster.CodeOf(err) != roster.CodeConflict {
			t.Errorf("planted twice: %v", err)
		}
		wants(t, f, Position{1, 1}, "demo/a")
	})
}

// TestAnEntryThatCannotBeRead is an error: half a state is none.
func TestAnEntryThatCannotBeRead(t *testing.T) {
	each(t, func(t *testing.T, f *Files) {
		planted(t, f)
		write(t, f, &raft.Log{Index: 2, Term: 2, Type: raft.LogCommand, Data: []byte("no entry")}, entry(t, 3, 2, "demo/b"))
		if _, _, err := f.Replay(1); err == nil {
			t.Error("it has a state")
		}
	})
}

func TestWhichLogIsLonger(t *testing.T) {
	for _, c := range []struct {
		a, b Position
		less bool
	}{
		{Position{1, 9}, Position{2, 3}, true}, {Position{2, 3}, Position{1, 9}, false},
		{Position{2, 3}, Position{2, 4}, true}, {Position{2, 4}, Position{2, 4}, false},
	} {
		if c.a.Less(c.b) != c.less {
			t.Errorf("%v less than %v: %v", c.a, c.b, !c.less)
		}
	}
}
