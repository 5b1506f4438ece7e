package mutants

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// mutant is one bug and the test that must find it.
type mutant struct {
	name  string
	pkg   string // below the module
	run   string // which tests
	edits []edit
}

type edit struct{ file, from, to string }

const (
	wal   = "shard/logstore/wal"
	moves = "dht/moves"
	place = "placement"
)

var all = []mutant{
	{"an activation that was replaced keeps state", "fsm", "TestMembersKeepState|TestFleetsKeepTheRules", []edit{
		{"fleets/saved.go", "t.member(at, c.Agent, c.Epoch)", "t.member(at, c.Agent, 0)"}}},
	{"what a member kept outlives it", "fsm", "TestMembersKeepState|TestFleetsKeepTheRules", []edit{
		{"fleets/muster.go", "\tt.forget(r.ID)\n", ""}}},
	{"a snapshot leaves out what members keep", "fsm", "TestFleetsKeepTheRules", []edit{
		{"fleets/section.go", "s fleet.Saved) bool {\n\t\tif in(id.Key()) {", "s fleet.Saved) bool {\n\t\tif false && in(id.Key()) {"}}},
	{"an agent that is done has failed", "agentpool", "TestStanding", []edit{
		{"standing.go", "case c.finished:", "case false && c.finished:"}}},
	{"compaction goes on while a follower installs a snapshot", "shard/trail", "TestHold$", []edit{
		{"store.go", "from > 0 && high < last", "from > last && high < last"}}},
	{"a hold keeps entries that another leader contradicts", "shard/trail", "TestFailedInstallHoldsNothing", []edit{
		{"store.go", "from > 0 && high < last", "from > 0"}}},
	{"the level of commands rises while a node is down", "node/steering", "TestAgreeable", []edit{
		{"level.go", "!ok && n.State != roster.NodeLeft", "!ok && n.State == roster.NodeAlive"}}},
	{"what not all nodes can read is proposed", "node/router", "TestAboveTheLevel", []edit{
		{"router.go", "need > level {\n\t\t\treturn", "need > 1<<20+level {\n\t\t\treturn"}}},
	{"the level of commands falls", "fsm", "TestLevelNeverFalls", []edit{
		{"chart.go", "c.Map.Level < at", "c.Map.Level < at-1<<20"}}},
	{"a server that came back blank votes", "shard", "TestForgottenReplica", []edit{
		{"pledge/elector.go", "err == nil && e.pledge.upTo(term, index)", "err == nil && index|term < 1<<60"}}},
	{"a frame is acknowledged before its sync", wal, "TestCrashes$", []edit{
		{"commit.go", "err := s.file.Sync(); err != nil", "err := error(nil); err != nil"}}},
	{"the name of a new segment is not synced", wal, "TestCrashes$", []edit{
		{"clean.go", "return s, l.fs.Sync()", "return s, nil"}}},
	{"what an older life of a file left is taken for records", wal, "TestCrashes$", []edit{
		{"format/format.go", "return crc32.Checksum(b[:], castagnoli)\n}\n\n// Frame", "return 1\n}\n\n// Frame"},
		{"format/reader.go", "!ok || f.Number != number", "!ok"}}},
	{"a torn record is taken for a whole one", wal, "TestCrashes$", []edit{
		{"format/format.go", "crc32.Checksum(b[RecordBytes:], castagnoli)\n}", "binary.LittleEndian.Uint32(b[atSum:])\n}"}}},
	{"an entry is moved that was overwritten meanwhile", wal, "TestMoveYields", []edit{
		{"commit.go", "ok && p == m.from", "ok || p == m.from"}}},
	{"a segment is given up while entries live in it", wal, "TestCrashes$", []edit{
		{"clean.go", "if s.live.Load() > 0 {", "if s.live.Load() > 600 {"}}},
	{"a segment begins without the values of the groups", wal, "TestCrashes$", []edit{
		{"commit.go", "w.Base(id, chain, values)", "w.Base(id, chain, values[:0])"}}},
	{"a start believes what is not on the disk yet", wal, "TestKilledThenPowerCut", []edit{
		{"recover.go", "l.tail().file.Sync()", "error(nil)"}}},
	{"a vote is two writes", wal, "TestVoteIsOneWrite", []edit{
		{"values.go", "h.vote.term = content\n\t\th.vote.Unlock()\n\t\treturn nil", "h.vote.Unlock()\n\t\treturn h.setAll(values)"}}},
	{"an error of the disk is forgotten", wal, "TestEveryErrorIsFinal", []edit{
		{"commit.go", "c.log.fail(err) // before", "_ = err // before"},
		{"commit.go", "b.end(err)\n\t\t\t\treturn nil", "b.end(err)\n\t\t\t\tcontinue"}}},
	{"the end of the log may be missing", wal, "TestLostEnd", []edit{
		{"replay.go", "r.log.commit.number < front", "false"}}},
	{"damage in the middle passes for a torn end", wal, "TestFlippedBits", []edit{
		{"replay.go", "if at, found, err := reader.Later(", "if at, found, err := reader.Nothing("},
		{"format/reader.go", "// Later looks", "// Nothing finds nothing.\nfunc (r *Reader) Nothing(int64, uint64) (int64, bool, error) { return 0, false, nil }\n\n// Later looks"},
		{"replay.go", "r.log.commit.number < front", "false"}}},
	{"a step may leave a quorum of nobody", moves, "TestAnyHistory", []edit{
		{"step.go", "return living > of/2", "return of > 0"}}},
	{"who has not caught up gets a vote", moves, "TestAnyHistory", []edit{
		{"step.go", "g.Alive(id) && g.Ready(id) })\n\tdead", "g.Alive(id) })\n\tdead"}}},
	{"a dead voter goes before anybody stands ready", moves, "TestDead$", []edit{
		{"step.go", "dead != \"\" && (ready != \"\" || len(add) == 0)", "dead != \"\""}}},
	{"the leader takes its own vote", moves, "TestGrowAndShrink", []edit{
		{"step.go", "return id != g.Self && g.Alive(id) }); id != \"\" {\n\t\treturn g.less(Demote", "return g.Alive(id) }); id != \"\" {\n\t\treturn g.less(Demote"}}},
	{"all shards move at once", moves, "TestGrowAndShrink", []edit{
		{"plan.go", "min(len(waiting), max(0, MovingMax-moving))", "len(waiting)"}}},
	{"a restart moves votes", moves, "TestDead$", []edit{
		{"readers.go", "roster.NodeDown && w.Now-n.Lease >= w.After", "roster.NodeDown"}}},
	{"who is no reader gets a vote", moves, "TestReadersFollow", []edit{
		{"readers.go", "slices.Contains(m.Shards[i].Voters, node) || ", ""},
		{"step.go", "slices.Contains(g.Readers, id) && ", ""}}},
	{"a fleet leans to one zone", place, "TestPlanKeepsTheRules", []edit{
		{"planner.go", "+1-t.fewest > s.SkewMax", "-t.fewest > s.SkewMax"}}},
	{"a plan forgets what it has placed", place, "TestPlanKeepsTheRules", []edit{
		{"plan.go", "d.Node = p.nodes[best].ID\n\t\tp.put(a, best, 1)", "d.Node = p.nodes[best].ID"}}},
	{"who moves takes its room along", place, "TestRebalanceKeepsTheRules", []edit{
		{"rebalance.go", "p.put(a, to, 1)\n\treturn Decision", "p.put(a, from, 1)\n\treturn Decision"}}},
	{"the best is not looked for over full columns", "placement/assign", "TestSolveEqualsBruteForce", []edit{
		{"search.go", "s.row[held] += length - s.reached[c]", "_ = held"}}},
	{"founders that do not vote are not heard", "internal/testcluster", "TestFoundersThatDoNotVote", []edit{
		{"../../node/router/leader.go", "if m == nil || r.config.Alive == nil {", "if m != nil || r.config.Alive == nil {"}}},
	{"a key is used that some nodes lack", "node/keys", "TestNoStepPartsNodes", []edit{
		{"keeper.go", "c.Act == roster.KeyUse && len(lack) > 0", "c.Act == roster.KeyUse && len(lack) > 9"}}},
	{"nodes that do not answer are passed over", "node/keys", "TestNoStepPartsNodes", []edit{
		{"keeper.go", "if len(bad) == 0 {", "if len(bad) < 9 {"}}},
	{"handshakes take any cluster id", "transport", "TestTwoClustersOfOneNameAndKey", []edit{
		{"greeting/greeting.go", "return a != \"\" && b != \"\" && a != b", "return false"}}},
	{"gossip takes members of any cluster id", "cluster", "TestTwoClustersDoNotMix", []edit{
		{"events.go", "meta.ClusterID != own {", "meta.ClusterID == \"x\" {"}}},
}

// TestMutantsFit says so when the text that a mutant changes has moved.
func TestMutantsFit(t *testing.T) {
	root := module(t)
	for _, m := range append(all[:len(all):len(all)], promises...) {
		t.Run(m.name, func(t *testing.T) { m.overlay(t, root) })
	}
}

// TestMutantsAreFound lets the tests look for each bug.
func TestMutantsAreFound(t *testing.T) {
	if !*packages && !*asked {
		t.Skip("builds a package for each mutant: ask with -mutants.packages")
	}
	for _, m := range all {
		t.Run(m.name, m.mustBeFound)
	}
}

// tries is how often a test may look for a mutant: one that depends on how goroutines meet
// misses it now and then.
const tries = 3

// mustBeFound fails unless a test fails over the mutant.
func (m mutant) mustBeFound(t *testing.T) {
	root := module(t)
	args := []string{"test", "-count=1", "-timeout=5m", "-overlay", m.overlay(t, root), "-run", m.run, "./" + m.pkg}
	if m.run == "TestFaults" {
		args = append(args, "-faults.first")
	}
	var out []byte
	var err error
	for try := 0; try < tries && err == nil; try++ {
		cmd := exec.Command("go", args...)
		cmd.Dir = root
		out, err = cmd.CombinedOutput()
	}
	if err == nil {
		t.Error("not found")
	} else if !strings.Contains(string(out), "FAIL:") && !strings.Contains(string(out), "panic:") {
		t.Errorf("the test did not run: %v\n%s", err, out)
	}
}

// module returns the directory of the module.
func module(t *testing.T) string {
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// overlay writes the changed files and the list that the go command wants.
func (m mutant) overlay(t *testing.T, root string) string {
	dir := t.TempDir()
	changed := map[string]string{}
	for i, e := range m.edits {
		path := filepath.Join(root, m.pkg, e.file)
		source := path
		if earlier, ok := changed[path]; ok {
			source = earlier
		}
		text, err := os.ReadFile(source)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), e.from); n != 1 {
			t.Fatalf("%s holds %q %d times, want once", e.file, e.from, n)
		}
		changed[path] = filepath.Join(dir, string(rune('a'+i))+".go")
		if err := os.WriteFile(changed[path], []byte(strings.Replace(string(text), e.from, e.to, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	list, err := json.Marshal(map[string]map[string]string{"Replace": changed})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(path, list, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
