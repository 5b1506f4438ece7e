package rules

import (
	"fmt"
	"slices"
	"time"

	"roster"
)

const (
	// lateAfter is how old a replica may be; after lostAfter it is not late but lost.
	lateAfter = 2 * time.Second
	lostAfter = time.Minute
	// never is an age that stands for none.
	never = 24 * time.Hour
	// mapsBehind is how many changes of the map a node may have missed: it looks four times
	// a second, and moves change the map faster. Who lags for long says so itself (ready).
	mapsBehind = 2
	// unevenBy is how many shards one node may lead more than another.
	unevenBy = 2
)

// quorum finds shards whose voters are too few, or just enough.
func quorum(o *Observed) (out []Finding) {
	gone := o.gone()
	var lost, edge, alone []roster.ShardID
	missing := map[roster.NodeID]bool{}
	for _, s := range o.Cluster.Shards() {
		for _, id := range s.Voters {
			if gone[id] {
				missing[id] = true
			}
		}
		switch spare := margin(s, gone); {
		case len(s.Voters) == 0:
		case spare < 0:
			lost = append(lost, s.ID)
		case len(s.Voters) == 1:
			alone = append(alone, s.ID)
		case spare == 0:
			edge = append(edge, s.ID)
		}
	}
	if len(lost) > 0 {
		out = append(out, one(Error, "they take no writes and no linearizable reads until enough voters are back", "start "+anyOf(missing)+" again, with their data directories", "no quorum in shards %s", joined(lost))...)
	}
	if len(edge) > 0 {
		out = append(out, one(Warning, "the next failure of a voter stops their writes", "bring the missing node back, or start another: roster node --join …", "one failure away from no quorum: shards %s", joined(edge))...)
	}
	if len(alone) > 0 {
		out = append(out, one(Note, "when that node fails, everything stands still", "start two more nodes: roster node --join …", "one voter alone in shards %s", joined(alone))...)
	}
	return out
}

// margin is how many voters of a shard may still fail; negative: it has no quorum.
func margin(s roster.ShardStatus, gone map[roster.NodeID]bool) int {
	living := 0
	for _, id := range s.Voters {
		if !gone[id] {
			living++
		}
	}
	return living - (len(s.Voters)/2 + 1)
}

func anyOf(missing map[roster.NodeID]bool) string {
	ids := make([]roster.NodeID, 0, len(missing))
	for id := range missing { // order-free: it is sorted
		ids = append(ids, id)
	}
	slices.Sort(ids)
	if len(ids) == 0 {
		return "the voters"
	}
	return joined(ids)
}

// leaders finds shards that nobody leads although enough voters live.
func leaders(o *Observed) []Finding {
	gone := o.gone()
	var ids []roster.ShardID
	for _, s := range o.Cluster.Shards() {
		if (s.Leader == "" || gone[s.Leader]) && margin(s, gone) >= 0 {
			ids = append(ids, s.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	return one(Error, "their writes are answered by 503; an election takes a second", "wait a moment and ask again; then see that the voters reach one another at --bind: roster shards --watch", "no leader: shards %s", joined(ids))
}

// replicas finds nodes that show old states.
func replicas(o *Observed) (out []Finding) {
	for _, n := range o.Cluster.Answered() {
		worst, late := n.Oldest(lateAfter)
		if late == 0 {
			continue
		}
		severity, age := Warning, time.Duration(worst.AgeMS)*time.Millisecond
		if age > lostAfter {
			severity = Error
		}
		what := fmt.Sprintf("was up to date %s ago", age.Round(100*time.Millisecond))
		if age > never {
			what = "was never up to date"
		}
		out = append(out, one(severity, "local reads there show the past; fresh reads wait", "see that node "+n.Name()+" reaches the leaders and that its disk keeps up: roster shards --addr "+n.Address+" --watch",
			"node %s is behind in %s; shard %v %s", n.Name(), count(late, "shard"), worst.ID, what)...)
	}
	return out
}

// mapLag finds nodes that go by an older cluster map.
func mapLag(o *Observed) (out []Finding) {
	newest := uint64(0)
	for _, n := range o.Cluster.Answered() {
		newest = max(newest, n.Status.Map)
	}
	for _, n := range o.Cluster.Answered() {
		if n.Status.Map > 0 && n.Status.Map+mapsBehind < newest {
			out = append(out, one(Warning, "it sends what it passes on to who owned it before, which costs a hop", "ask again in a second; then see that its replica of shard 0 follows: roster shards --addr "+n.Address,
				"node %s goes by map %d, the newest is %d", n.Name(), n.Status.Map, newest)...)
		}
	}
	return out
}

// spread finds leaders on few nodes. While a node is away or votes move it is as it must be.
func spread(o *Observed) []Finding {
	if plan := o.Cluster.Plan(); plan != nil && len(plan.Moves) > 0 {
		return nil
	}
	leads := map[roster.NodeID]int{}
	for _, m := range o.Cluster.Members {
		if m.State == roster.NodeDown || m.State == roster.NodeSuspect {
			return nil
		}
		if m.State == roster.NodeAlive && !m.Draining && len(m.VoterOf) > 0 {
			leads[m.ID] = 0
		}
	}
	for _, s := range o.Cluster.Shards() {
		if _, counts := leads[s.Leader]; counts {
			leads[s.Leader]++
		}
	}
	var most, least roster.NodeID
	for id, n := range leads { // order-free: of two that are equal the smaller id is taken
		if most == "" || n > leads[most] || n == leads[most] && id < most {
			most = id
		}
		if least == "" || n < leads[least] || n == leads[least] && id < least {
			least = id
		}
	}
	if len(leads) < 2 || leads[most]-leads[least] <= unevenBy {
		return nil
	}
	return one(Warning, "who leads does most of the work", "nothing, within ten seconds of a restart: they spread by themselves; else roster rebalance plan",
		"leaders are uneven: %s leads %s, %s leads %d", most, count(leads[most], "shard"), least, leads[least])
}

// drain finds nodes that are to lose their votes.
func drain(o *Observed) (out []Finding) {
	plan := o.Cluster.Plan()
	for _, m := range draining(o) {
		left := fmt.Sprintf("node %s is drained and still votes in %s", m.ID, count(len(m.VoterOf), "shard"))
		switch {
		case len(m.VoterOf) == 0:
			out = append(out, one(Note, "it may be stopped now", "look after its machine, then: roster nodes undrain "+string(m.ID), "node %s is drained: it votes nowhere", m.ID)...)
		case plan == nil:
			out = append(out, one(Warning, "it must not be stopped yet", "roster rebalance plan", "%s", left)...)
		case plan.Held != "":
			out = append(out, one(Warning, "it does not get empty by waiting", "start another node: roster node --join …; or roster nodes undrain "+string(m.ID), "%s: %s", left, plan.Held)...)
		case plan.Paused:
			out = append(out, one(Warning, "it does not get empty by waiting", "roster rebalance apply", "%s: moves are paused", left)...)
		default:
			out = append(out, one(Note, "it must not be stopped yet", "wait: roster nodes drain "+string(m.ID)+" shows how far it is", "%s%s", left, underWay(plan))...)
		}
	}
	return out
}

// draining lists the members that are drained, as the first node that says so sees them.
func draining(o *Observed) (out []roster.Member) {
	for _, m := range o.Cluster.Members {
		if m.Draining && m.State != roster.NodeLeft {
			out = append(out, m)
		}
	}
	return out
}

// underWay says what a plan waits for.
func underWay(plan *roster.MovePlan) string {
	for _, m := range plan.Moves {
		return fmt.Sprintf("; shard %v %s: %s", m.Shard, map[string]string{roster.MoveUnderWay: "moves", roster.MoveWaiting: "waits"}[m.State], m.Reason)
	}
	return ""
}

// moves finds what keeps voters where they are, beside drains.
func moves(o *Observed) (out []Finding) {
	plan := o.Cluster.Plan()
	if plan == nil || len(draining(o)) > 0 {
		return nil
	}
	if plan.Paused {
		out = append(out, one(Warning, "votes of a node that is lost are not taken over", "roster rebalance apply", "moves are paused; %s wait", count(len(plan.Moves), "move"))...)
	}
	if plan.Held != "" {
		out = append(out, one(Warning, "votes stay where they are not safe", "start another node: roster node --join …", "votes cannot move: %s", plan.Held)...)
	}
	return out
}

// snapshots finds followers that are sent one after the other and never reach the log.
func snapshots(o *Observed) (out []Finding) {
	for _, n := range o.Cluster.Answered() {
		if n.Metrics == nil {
			continue
		}
		for s := range n.Metrics.All("roster_shard_followers_looping") {
			if s.Value > 0 {
				out = append(out, one(Warning, "they are never up to date, and sending costs the leader", "the log of "+n.Name()+" names them: look at their disks, then restart them",
					"shard %s: %s that get snapshot after snapshot from %s", s.Labels["shard"], count(int(s.Value), "follower"), n.Name())...)
			}
		}
	}
	return out
}
