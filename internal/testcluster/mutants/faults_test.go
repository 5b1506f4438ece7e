package mutants

import (
	"flag"
	"testing"
)

var (
	packages = flag.Bool("mutants.packages", false, "look for the mutants that the tests of one package find")
	asked    = flag.Bool("mutants.all", false, "look for the mutants of promises too, with whole clusters")
)

const (
	nodes = "internal/testcluster"
	top   = "../../"
)

// promises are bugs that break what Roster promises as a whole. TestFaults finds them
// where a test of one package does not.
var promises = []mutant{
	{name: "an entry is acknowledged before it is stored", pkg: nodes, run: "TestFaults", edits: []edit{
		{top + "shard/logstore/failstop.go", "error { return f.check(f.Store.StoreLogs(logs)) }", "error {\n\tgo func() { _ = f.Store.StoreLogs(logs) }()\n\treturn nil\n}"}}},
	{name: "a write that failed is acknowledged", pkg: nodes, run: "TestFaults", edits: []edit{
		{top + "shard/logstore/watch.go", "return w.settle(op, err)", "_ = err\n\treturn nil"}}},
	{name: "a leader answers reads without asking", pkg: "shard", run: "TestReadIndexAsksVoters", edits: []edit{
		{"read.go", "err := g.confirm(ctx, r, asked); err != nil", "err := error(nil); err != nil && asked.IsZero()"}}},
	{name: "a replica answers a read before it has come that far", pkg: nodes, run: "TestFaults", edits: []edit{
		{top + "node/read.go", "return g.WaitIndex(ctx, index)\n}\n\n// waitToken", "_ = index\n\treturn nil\n}\n\n// waitToken"}}},
	{name: "a snapshot forgets answered requests", pkg: "fsm", run: "TestReplicasAgree", edits: []edit{
		{"requests.go", "if key := x.key(); in(key) {", "if key := x.key(); false && in(key) {"}}},
	{name: "a repeated request runs again", pkg: "fsm", run: "TestModel$|TestTranscripts", edits: []edit{
		{"requests.go", "if r.Seq <= c.high {", "if false {"}}},
	{name: "who sends again sends another request", pkg: nodes, run: "TestExactlyOnce$", edits: []edit{
		{top + "node/router/router.go", "codec.Encode(roster.Op{Request: request, Actor", "codec.Encode(roster.Op{Request: roster.Request{Client: 0 * request.Client}, Actor"}}},
	{name: "log time is what the wall says", pkg: nodes, run: "TestFaults", edits: []edit{
		{top + "shard/propose.go", "At: r.clock.Stamp(g.config.Now())", "At: roster.LogTime(g.config.Wall().UnixNano())"}}},
	{name: "operations run in the order of a map", pkg: "fsm", run: "TestReplicasAgree", edits: []edit{
		{"machine.go", "for i, op := range e.Ops {", "places := map[int]roster.Op{}\n\tfor i, op := range e.Ops {\n\t\tplaces[i] = op\n\t}\n\tfor i, op := range places {"}}},
	{name: "the clock is read while applying", pkg: "fsm", run: "TestReplicasAgree", edits: []edit{
		{"machine.go", "\"errors\"\n", "\"errors\"\n\t\"time\"\n"},
		{"machine.go", "turn{wall: e.Wall,", "turn{wall: roster.WallTime(time.Now().UnixNano()),"}}},
	{name: "who gossip takes for dead loses its votes", pkg: nodes, run: "TestDeadNodeIsReplaced", edits: []edit{
		{top + "node/steering/voters.go", "\"context\"\n", "\"context\"\n\t\"slices\"\n"},
		{top + "node/steering/voters.go", "if at == w.Map.Version && settled", `heard := s.c.Alive()
		for i, n := range w.Nodes {
			if !slices.Contains(heard, n.ID) {
				w.Nodes[i].State, w.Nodes[i].Lease = roster.NodeDown, w.Now-w.After
			}
		}
		if at == w.Map.Version && settled`}}},
	{name: "a replica that differs goes on", pkg: nodes, run: "TestDifferentReplica", edits: []edit{
		{top + "node/digests/digests.go", "if verdict != digest.Agrees {", "if verdict > digest.Differs {"}}},
	{name: "nobody looks for lost members again", pkg: "cluster", run: "TestHalvesFindEachOther|TestPeersAreRejoined", edits: []edit{
		{"join.go", "case <-ticker.C:\n", "case <-ticker.C:\n\t\t\treturn\n"}}},
	{name: "a slow watcher misses events", pkg: "shard/replica", run: "TestSlowReaderIsGone", edits: []edit{
		{"feed.go", "if r.after < f.mu.floor {", "if false {"}}},
	{name: "a damaged snapshot replaces what there is", pkg: "fsm", run: "TestDamagedSnapshotsRefused", edits: []edit{
		{"snapshot.go", "if err != nil {\n\t\treturn &roster.Error", "if err != nil {\n\t\tm.state, m.turn = next.state, turn{}\n\t\treturn &roster.Error"}}},
}

// TestPromisesAreGuarded lets the tests look for each bug that breaks a promise.
func TestPromisesAreGuarded(t *testing.T) {
	if !*asked {
		t.Skip("builds whole clusters with each mutant: ask with -mutants.all")
	}
	for _, m := range promises {
		t.Run(m.name, m.mustBeFound)
	}
}
