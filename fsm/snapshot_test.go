package fsm

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"roster"
	"roster/fsm/codec"
)

// furnished returns a machine of the system shard with something in every section.
func furnished(t *testing.T) *Machine {
	t.Helper()
	m := New(roster.SystemShard)
	m.Apply(roster.Entry{At: 5, Wall: 7, Ops: []roster.Op{
		{Command: roster.OpenSession{ID: "s1", TTL: 15e9}, Request: roster.Request{Client: 1, Seq: 1}},
		{Command: roster.AttachSession{ID: "s1", Shard: 3}},
		{Command: roster.Register{Mode: roster.ModePut, Agent: roster.Agent{ID: "demo/a", Session: "s1", Description: "plans"}}, Request: roster.Request{Client: 1, Seq: 2}},
		{Command: roster.Register{Mode: roster.ModeCreate, Agent: roster.Agent{ID: "demo/a"}}, Request: roster.Request{Client: 2, Seq: 9, Done: 4}},
		{Command: roster.EndSession{ID: "s2", Shard: 0, If: 1}},
		{Command: roster.Fence{Agent: "far/x", Epoch: 12}},
		{Command: roster.JoinNode{Node: roster.NodeInfo{ID: "n1-0001", Name: "n1"}}},
		{Command: roster.SetMap{Map: roster.ClusterMap{Cluster: "c", Slots: make([]roster.ShardID, roster.SlotCount), Shards: []roster.ShardVoters{{ID: 0, Voters: []roster.NodeID{"n1-0001"}}}}}},
	}})
	if v := m.View(); v.Map().Version != 1 || len(v.Nodes()) != 1 || v.Agents() != 1 || len(v.Sessions()) != 1 {
		t.Fatal("the furniture is not there")
	}
	return m
}

func TestGoldenSnapshot(t *testing.T) {
	const file = "testdata/snapshot.hex"
	got := hex.Dump(stream(t, furnished(t)))
	if *rewrite {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the format of snapshots changed; that wants a new version\ngot:\n%s", got)
	}
}

// TestSnapshotOfBefore: what was written before there were tokens loads, and has none;
// with them, a snapshot carries them.
func TestSnapshotOfBefore(t *testing.T) {
	m := furnished(t)
	old := stream(t, m) // the golden one, which has no section of tokens
	m.Apply(roster.Entry{At: 6, Ops: []roster.Op{{Command: roster.SetToken{Token: roster.AccessToken{ID: "a1", Name: "one", Rules: []string{"read"}, Hash: "hash"}}}}})
	now := stream(t, m)
	for want, snapshot := range [][]byte{old, now} {
		if err := m.Restore(bytes.NewReader(snapshot)); err != nil {
			t.Fatal(err)
		}
		if got := len(m.View().AccessTokens()); got != want {
			t.Errorf("%d tokens, want %d", got, want)
		}
		if _, opens := m.View().AccessToken("hash"); opens != (want == 1) {
			t.Errorf("of %d tokens, one opens the door: %v", want, opens)
		}
	}
}

// refuses restores a damaged stream and sees to it that nothing changed.
func refuses(t *testing.T, m *Machine, damaged io.Reader, what string, args ...any) {
	t.Helper()
	before, index := m.View().Digest(), m.Index()
	err := m.Restore(damaged)
	if !errors.Is(err, ErrSnapshot) || roster.CodeOf(err) != roster.CodeInternal {
		t.Errorf(what+": got %v", append(args, err)...)
	}
	if m.View().Digest() != before || m.Index() != index {
		t.Fatalf(what+": the machine changed", args...)
	}
	if _, ok := m.Lookup("demo/a"); !ok {
		t.Fatalf(what+": demo/a is gone", args...)
	}
}

// Every flipped bit and every missing tail is refused, and changes nothing.
func TestDamagedSnapshotsRefused(t *testing.T) {
	m := furnished(t)
	whole := stream(t, m)
	m.Apply(roster.Entry{Ops: []roster.Op{{Command: roster.Tick{}}}}) // what must survive is not what is read
	step := 1
	if testing.Short() {
		step = 17
	}
	for at := 0; at < len(whole); at += step {
		b := bytes.Clone(whole)
		b[at] ^= 1 << (at % 8)
		refuses(t, m, bytes.NewReader(b), "bit %d of byte %d", at%8, at)
	}
	for n := 0; n < len(whole); n += step {
		refuses(t, m, bytes.NewReader(whole[:n]), "the first %d of %d bytes", n, len(whole))
	}
	refuses(t, m, bytes.NewReader(append(bytes.Clone(whole), 0)), "one byte more")
	refuses(t, m, io.MultiReader(bytes.NewReader(whole[:20]), broken{}), "a broken reader")
	if err := m.Restore(bytes.NewReader(whole)); err != nil {
		t.Errorf("the whole stream: %v", err)
	}
	t.Logf("%d flips and as many missing ends of %d bytes", (len(whole)+step-1)/step, len(whole))
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrClosedPipe }

// sealed returns a stream whose checks all hold, around items that need not.
func sealed(items ...func(*codec.Writer)) []byte {
	var b bytes.Buffer
	out := codec.NewStreamWriter(&b)
	for _, item := range items {
		if err := out.Item(item); err != nil {
			panic(err)
		}
	}
	if err := out.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// Streams with good checks and bad contents, as a faulty release might write them.
func TestSenselessSnapshotsRefused(t *testing.T) {
	m := furnished(t)
	head := func(shard uint64) func(*codec.Writer) {
		return func(w *codec.Writer) {
			w.Array(2)
			w.Uint(tagHead)
			w.Array(3)
			w.Uint(shard)
			w.Uint(9)
			w.Int(9)
		}
	}
	client := func(w *codec.Writer) {
		w.Array(2)
		w.Uint(tagClients)
		w.Array(3)
		w.Uint(1)
		w.Uint(0)
		w.Int(1)
	}
	result := func(w *codec.Writer) {
		w.Array(2)
		w.Uint(tagResults)
		w.Array(4)
		w.Uint(1)
		w.Uint(1)
		w.Text("k")
		w.Result(roster.Result{Index: 1})
	}
	agent := func(w *codec.Writer) {
		w.Array(2)
		w.Uint(tagAgents)
		w.Record(&roster.Record{Agent: roster.Agent{ID: "demo/a"}})
	}
	none := func(w *codec.Writer) { w.Array(2); w.Uint(tagAgents); w.Nil() }
	unknown := func(w *codec.Writer) { w.Array(2); w.Uint(99); w.Nil() }
	for name, c := range map[string]struct {
		items []func(*codec.Writer)
		text  string
	}{
		"no head":             {nil, "no head"},
		"items without head":  {[]func(*codec.Writer){agent}, "out of order"},
		"another shard":       {[]func(*codec.Writer){head(5)}, "shard 5"},
		"two heads":           {[]func(*codec.Writer){head(0), head(0)}, "head"},
		"an agent twice":      {[]func(*codec.Writer){head(0), agent, agent}, "twice"},
		"no record":           {[]func(*codec.Writer){head(0), none}, "no record"},
		"a result alone":      {[]func(*codec.Writer){head(0), result}, "without its client"},
		"a result twice":      {[]func(*codec.Writer){head(0), client, result, result}, "twice"},
		"sections disordered": {[]func(*codec.Writer){head(0), agent, client}, "out of order"},
		"a newer section":     {[]func(*codec.Writer){head(0), unknown}, "newer version"},
	} {
		b := sealed(c.items...)
		refuses(t, m, bytes.NewReader(b), "%s", name)
		if err := m.Restore(bytes.NewReader(b)); err == nil || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: %v does not say %q", name, err, c.text)
		}
	}
	if err := m.Restore(bytes.NewReader(sealed(head(0), client, result, agent))); err != nil {
		t.Errorf("what is sensible is refused: %v", err)
	}
}

// A block's length is looked at before it is believed.
func TestSnapshotBlockBounded(t *testing.T) {
	m := furnished(t)
	b := append([]byte("rosterfs"), 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0)
	refuses(t, m, bytes.NewReader(b), "a block of 4 GiB")
}

// A writer that fails makes WriteTo fail.
func TestSnapshotWriteFails(t *testing.T) {
	if _, err := furnished(t).View().Snapshot().WriteTo(failing{}); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("got %v", err)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

// Snapshots of several blocks come back whole.
func TestManyBlocks(t *testing.T) {
	m := New(1)
	fill(m, 5000)
	b := stream(t, m)
	if len(b) < 2*codec.BlockFull {
		t.Fatalf("only %d bytes", len(b))
	}
	if restored(t, m).View().Digest() != m.View().Digest() {
		t.Error("the digest changed")
	}
}

func FuzzRestore(f *testing.F) {
	f.Add(sealed(func(w *codec.Writer) {
		w.Array(2)
		w.Uint(tagHead)
		w.Array(3)
		w.Uint(0)
		w.Uint(9)
		w.Int(9)
	}), true)
	f.Add([]byte("rosterfs"), false)
	f.Fuzz(func(t *testing.T, b []byte, seal bool) {
		m := New(0)
		before := m.View().Digest()
		if seal { // past the checks, into the items
			b = sealed(func(w *codec.Writer) { w.Reset(append(w.Bytes(), b...)) })
		}
		if err := m.Restore(bytes.NewReader(b)); err != nil {
			if m.View().Digest() != before {
				t.Error("a refused snapshot changed the machine")
			}
			return
		}
		if restored(t, m).View().Digest() != m.View().Digest() {
			t.Error("what was restored does not restore again")
		}
	})
}
