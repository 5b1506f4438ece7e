package rules

import (
	"slices"
	"strings"
	"testing"
	"time"

	"roster"
	"roster/cmd/node/survey/scrape"
	"roster/cmd/node/survey/sight"
)

var now = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

// sound is a cluster of three in which nothing is wrong. Every node has its own copy of
// what it says, so that a test can spoil one.
func sound() *Observed {
	ids := []roster.NodeID{"a-1", "b-1", "c-1"}
	members := func() (out []roster.Member) {
		for _, id := range ids {
			out = append(out, roster.Member{ID: id, Name: string(id[:1]), State: roster.NodeAlive, HTTP: "127.0.0.1:7400", Address: "127.0.0.1:7500",
				VoterOf: []roster.ShardID{0, 1, 2}, Version: "1"})
		}
		return out
	}
	o := &Observed{Now: now, Cluster: sight.Cluster{Members: members()}}
	for _, id := range ids {
		n := sight.Node{ID: id, Address: string(id) + ":7400", Members: members(), Plan: &roster.MovePlan{}, ClockError: time.Second / 2,
			Status: roster.NodeStatus{Cluster: "demo", Node: id, Version: "1", Ready: true, Durability: roster.DurabilitySync, Map: 9, Expect: 3},
			Checks: []roster.Check{{Name: "lease", OK: true}, {Name: "doors", OK: true, Detail: "INSECURE: http 10.0.0.1:7400 lacks tokens (--auth)"}}}
		for shard, leader := range ids {
			n.Shards = append(n.Shards, roster.ShardStatus{ID: roster.ShardID(shard), Leader: leader, Term: 2, Voters: slices.Clone(ids)})
		}
		o.Cluster.Nodes = append(o.Cluster.Nodes, n)
	}
	return o
}

func (o *Observed) node(i int) *sight.Node { return &o.Cluster.Nodes[i] }

// everywhere spoils what every node says of a member.
func (o *Observed) everywhere(member int, spoil func(*roster.Member)) {
	spoil(&o.Cluster.Members[member])
	for i := range o.Cluster.Nodes {
		if n := o.node(i); n.Fault == "" {
			spoil(&n.Members[member])
		}
	}
}

// kill makes everybody see a node down, which then does not answer.
func (o *Observed) kill(i int) {
	o.everywhere(i, func(m *roster.Member) { m.State = roster.NodeDown })
	*o.node(i) = sight.Node{ID: o.node(i).ID, Address: o.node(i).Address, Fault: "cannot connect"}
}

func metrics(t *testing.T, text string) *scrape.Metrics {
	t.Helper()
	m, err := scrape.Read(strings.NewReader(text + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	return &m
}

// ill is a cluster with one thing wrong, and what must be found.
type ill struct {
	spoil    func(*testing.T, *Observed)
	severity Severity
	check    string
	what     string
	mend     string
}

// drained makes b-1 a node that is to be empty, under a plan.
func drained(plan roster.MovePlan) func(*testing.T, *Observed) {
	return func(_ *testing.T, o *Observed) {
		o.everywhere(1, func(m *roster.Member) { m.Draining = true })
		for i := range o.Cluster.Nodes {
			o.node(i).Plan = &plan
		}
	}
}

func nodeIlls() map[string]ill {
	return map[string]ill{
		"down":    {func(_ *testing.T, o *Observed) { o.kill(1) }, Error, "down", "node b-1 is down", "force-leave b-1"},
		"edge":    {func(_ *testing.T, o *Observed) { o.kill(1) }, Warning, "quorum", "one failure away from no quorum: shards 0, 1, 2", "start another"},
		"suspect": {func(_ *testing.T, o *Observed) { o.node(0).Members[2].State = roster.NodeSuspect }, Warning, "down", "c-1 is not heard by all", "members --watch"},
		"gone": {func(_ *testing.T, o *Observed) {
			o.node(0).Members[2].State, o.node(2).Fault = roster.NodeSuspect, "refused"
		}, Error, "down", "c-1 neither answers nor is heard", "force-leave c-1"},
		"gone, two": {func(_ *testing.T, o *Observed) {
			o.kill(1)
			o.node(0).Members[2].State, o.node(2).Fault = roster.NodeSuspect, "refused"
		}, Error, "quorum", "no quorum in shards 0, 1, 2", "start b-1, c-1 again"},
		"silent": {func(_ *testing.T, o *Observed) { o.node(2).Fault = "time is up" }, Warning, "silent", "c-1 does not answer here: time is up", "c-1:7400"},
		"nobody": {func(_ *testing.T, o *Observed) {
			o.Cluster.Nodes = append(o.Cluster.Nodes, sight.Node{Address: "d:1", Fault: "refused"})
		}, Error, "silent", "nobody answers at d:1", "--addr"},
		"two clusters": {func(_ *testing.T, o *Observed) { o.node(2).Status.Cluster = "other" }, Error, "clusters", "demo (a-1, b-1), other (c-1)", "--addr"},
		"versions":     {func(_ *testing.T, o *Observed) { o.node(2).Status.Version = "2" }, Warning, "versions", "1 (a-1, b-1), 2 (c-1)", "upgrade"},
		"expect":       {func(_ *testing.T, o *Observed) { o.node(2).Status.Expect = 5 }, Warning, "expect", "3 (a-1, b-1), 5 (c-1)", "--expect"},
		"lease": {func(_ *testing.T, o *Observed) {
			o.node(0).Checks[0] = roster.Check{Name: "lease", Detail: "not renewed for 4s"}
		}, Error, "ready", "a-1 is not ready: lease: not renewed for 4s", "roster shards"},
		"members": {func(_ *testing.T, o *Observed) {
			o.node(0).Checks[0] = roster.Check{Name: "members", Detail: "2 alive"}
		}, Warning, "ready", "members: 2 alive", "--expect"},
		"memory": {func(_ *testing.T, o *Observed) { o.node(0).Status.Durability = roster.DurabilityNone }, Note, "durability", "nothing is written", "sync"},
		"denied": {func(_ *testing.T, o *Observed) { o.node(0).Untold = []string{"metrics: /metrics: 403 Forbidden"} }, Note, "untold", "a-1 did not tell metrics", "--token-file"},
	}
}

func shardIlls() map[string]ill {
	return map[string]ill{
		"no quorum":   {func(_ *testing.T, o *Observed) { o.kill(1); o.kill(2) }, Error, "quorum", "no quorum in shards 0, 1, 2", "start b-1, c-1 again"},
		"leaderless":  {func(_ *testing.T, o *Observed) { o.leaderless(1) }, Error, "leaders", "no leader: shards 1", "roster shards --watch"},
		"dead leader": {func(_ *testing.T, o *Observed) { o.kill(1) }, Error, "leaders", "no leader: shards 1", "roster shards"},
		"alone": {func(_ *testing.T, o *Observed) {
			for i := range o.Cluster.Nodes {
				o.node(i).Shards[1].Voters = []roster.NodeID{"b-1"}
			}
		}, Note, "quorum", "one voter alone in shards 1", "two more"},
		"late": {func(_ *testing.T, o *Observed) { o.node(2).Shards[1].AgeMS = 5200 }, Warning, "replicas", "c-1 is behind in 1 shard; shard 1 was up to date 5.2s ago", "c-1:7400"},
		"lost": {func(_ *testing.T, o *Observed) { o.node(2).Shards[1].AgeMS = time.Duration(1<<63 - 1).Milliseconds() }, Error, "replicas", "never up to date", "disk"},
		"map":  {func(_ *testing.T, o *Observed) { o.node(0).Status.Map = 6 }, Warning, "map", "a-1 goes by map 6, the newest is 9", "shard 0"},
		"uneven": {func(_ *testing.T, o *Observed) {
			for i := range o.Cluster.Nodes {
				for j := range o.node(i).Shards {
					o.node(i).Shards[j].Leader = "a-1"
				}
			}
		}, Warning, "spread", "a-1 leads 3 shards, b-1 leads 0", "rebalance plan"},
		"held":        {drained(roster.MovePlan{Held: "two nodes are too few"}), Warning, "drain", "still votes in 3 shards: two nodes are too few", "nodes undrain b-1"},
		"drain waits": {drained(roster.MovePlan{Paused: true}), Warning, "drain", "moves are paused", "rebalance apply"},
		"draining":    {drained(roster.MovePlan{Moves: []roster.Move{{Shard: 2, State: roster.MoveWaiting, Reason: "others first"}}}), Note, "drain", "shard 2 waits: others first", "nodes drain b-1"},
		"drained": {func(_ *testing.T, o *Observed) {
			o.everywhere(1, func(m *roster.Member) { m.Draining, m.VoterOf = true, nil })
		}, Note, "drain", "b-1 is drained", "undrain b-1"},
		"paused": {func(_ *testing.T, o *Observed) { o.node(0).Plan.Paused = true }, Warning, "moves", "moves are paused; 0 moves wait", "rebalance apply"},
		"stuck":  {func(_ *testing.T, o *Observed) { o.node(0).Plan.Held = "too few" }, Warning, "moves", "votes cannot move: too few", "start another"},
	}
}

func (o *Observed) leaderless(shard int) {
	for i := range o.Cluster.Nodes {
		o.node(i).Shards[shard].Leader = ""
	}
}

func machineIlls() map[string]ill {
	return map[string]ill{
		"ahead":  {func(_ *testing.T, o *Observed) { o.node(1).Clock = 4 * time.Second }, Warning, "clock", "b-1 is 4s ahead of", "timedatectl"},
		"behind": {func(_ *testing.T, o *Observed) { o.node(1).Clock = -time.Hour }, Error, "clock", "b-1 is 1h0m0s behind", "timedatectl"},
		"ends":   {func(_ *testing.T, o *Observed) { o.node(1).Certificate = now.Add(10*24*time.Hour + time.Hour) }, Warning, "certificate", "b-1 (http) ends in 10 days, on 2026-03-11", "--name b "},
		"ended":  {func(_ *testing.T, o *Observed) { o.node(1).Certificate = now.Add(-time.Hour) }, Error, "certificate", "has ended on 2026-02-28", "--name b "},
		"between": {func(t *testing.T, o *Observed) {
			o.node(1).Metrics = metrics(t, `roster_tls_certificate_end_timestamp_seconds{door="bind"} 1772409600`)
		}, Error, "certificate", "b-1 (bind) ends in 1 day", "replace its files"},
		"endless": {func(t *testing.T, o *Observed) {
			o.node(1).Metrics = metrics(t, "roster_shard_followers_looping{shard=\"2\"} 1\nroster_shard_followers_looping{shard=\"3\"} 0")
		}, Warning, "snapshots", "shard 2: 1 follower that get snapshot after snapshot from b-1", "look at their disks"},
		"open node": {func(_ *testing.T, o *Observed) { o.node(0).Status.Auth = true }, Error, "tokens", "b-1, c-1 asks for no tokens", "--auth"},
		"public": {func(_ *testing.T, o *Observed) {
			o.node(0).Status.Insecure = true
			o.node(0).Members[0].HTTP = "10.0.0.1:7400"
		}, Warning, "doors", "a-1 is open beyond its machine: http 10.0.0.1:7400 lacks tokens", "--auth"},
		"no disk": {func(_ *testing.T, o *Observed) {
			o.Machine = Machine{Dir: "d", SyncP50: 3 * time.Microsecond, SyncP99: 9 * time.Microsecond}
		}, Warning, "disk", "3µs (p50) to 9µs (p99)", "put the data directory on a disk"},
		"slow": {func(_ *testing.T, o *Observed) {
			o.Machine = Machine{Dir: "d", SyncP50: 9 * time.Millisecond, SyncP99: 51 * time.Millisecond}
		}, Warning, "disk", "51ms (p99)", "iostat"},
		"low":   {func(_ *testing.T, o *Observed) { o.Machine = Machine{Dir: "d", Free: 1 << 30, Size: 1 << 40} }, Warning, "space", "1024 MiB are free at d", "make room"},
		"full":  {func(_ *testing.T, o *Observed) { o.Machine = Machine{Dir: "d", Free: 1 << 20, Size: 1 << 40} }, Error, "space", "1 MiB are free", "make room"},
		"shell": {func(_ *testing.T, o *Observed) { o.Machine = Machine{Dir: "d", Files: 1024} }, Warning, "files", "1024 files", "ulimit -n"},
		"few files": {func(t *testing.T, o *Observed) {
			o.node(0).Metrics = metrics(t, "process_max_fds 1024\nprocess_open_fds 20")
		},
			Warning, "files", "a-1 may open 1024 files", "LimitNOFILE"},
		"all files": {func(t *testing.T, o *Observed) {
			o.node(0).Metrics = metrics(t, "process_max_fds 65536\nprocess_open_fds 60000")
		},
			Error, "files", "60000 of 65536", "LimitNOFILE"},
	}
}

// TestRules spoils one thing at a time: that must be found, with the words that help. What
// is sound must find nothing.
func TestRules(t *testing.T) {
	if found := Examine(*sound()); len(found) != 0 {
		t.Errorf("a sound cluster: %+v", found)
	}
	seen := map[string]bool{}
	for _, ills := range []map[string]ill{nodeIlls(), shardIlls(), machineIlls()} {
		for name, ill := range ills {
			o := sound()
			ill.spoil(t, o)
			found := Examine(*o)
			seen[ill.check] = true
			if !slices.ContainsFunc(found, func(f Finding) bool {
				return f.Severity == ill.severity && f.Check == ill.check && strings.Contains(f.What, ill.what) && strings.Contains(f.Mend, ill.mend)
			}) {
				t.Errorf("%s: no %s of %s that says %q and %q among %+v", name, ill.severity, ill.check, ill.what, ill.mend, found)
			}
			for _, f := range found {
				if f.What == "" || f.Why == "" || f.Mend == "" || strings.Contains(f.What+f.Why+f.Mend, "\n") {
					t.Errorf("%s: %+v does not say all in one line", name, f)
				}
			}
		}
	}
	for _, name := range Checks() {
		if !seen[name] {
			t.Errorf("no test makes rule %s find something", name)
		}
	}
}

// TestOneCauseIsFoundOnce: a node that is down is not also said to be silent, nor its
// shards to be badly spread; and what is worst comes first.
func TestOneCauseIsFoundOnce(t *testing.T) {
	o := sound()
	o.kill(1)
	for i := range o.Cluster.Nodes { // the others have elected
		if o.node(i).Fault == "" {
			o.node(i).Shards[1].Leader = "a-1"
		}
	}
	var checks []string
	for _, f := range Examine(*o) {
		checks = append(checks, f.Check)
	}
	if !slices.Equal(checks, []string{"down", "quorum"}) {
		t.Errorf("found %v, want down and quorum", checks)
	}
}

// TestWhatPassesIsNotFound: while votes move, nodes look at the map one after the other, and
// leaders follow later.
func TestWhatPassesIsNotFound(t *testing.T) {
	o := sound()
	o.node(1).Status.Map = 7
	for i := range o.Cluster.Nodes {
		o.node(i).Plan = &roster.MovePlan{Moves: []roster.Move{{Shard: 1, State: roster.MoveUnderWay}}}
		for j := range o.node(i).Shards {
			o.node(i).Shards[j].Leader = "a-1"
		}
	}
	if found := Examine(*o); len(found) != 0 {
		t.Errorf("%+v", found)
	}
}
