package codec

import "roster"

// agent is an agent with something in every field.
func agent() roster.Agent {
	return roster.Agent{
		ID: "demo/translator-1",
		Capabilities: []roster.Capability{
			{Name: "translate", Version: "2", Attributes: roster.Map{{Key: "lang", Value: "de"}}},
			{Name: "Summarise/v1", Attributes: roster.Map{}},
		},
		Labels:      roster.Map{{Key: "tier", Value: "gold"}, {Key: "zone", Value: "eu"}},
		Endpoints:   []roster.Endpoint{{Name: "http", URL: "http://10.0.0.1:80/a"}},
		Description: "übersetzt",
		Metadata:    roster.Map{{Key: "owner", Value: "x"}},
		Session:     "s-1",
		OnEnd:       roster.OnEndCritical,
	}
}

func record() *roster.Record {
	return &roster.Record{
		Agent: agent(), Owner: roster.Owner{Kind: roster.OwnedBySession, ID: "s-1"}, Status: roster.StatusRegistered,
		Health: roster.Health{State: roster.Warning, Reason: "slow"}, Node: "n1-0a0b0c0d", Epoch: 7, Revision: 1 << 40,
		Shard: 3, CreatedAt: 1_700_000_000_000_000_000, UpdatedAt: -1, SecretHash: "hash",
	}
}

func clusterMap() roster.ClusterMap {
	return roster.ClusterMap{Version: 3, Cluster: "c", ClusterID: "id", Durability: roster.DurabilitySync, Slots: []roster.ShardID{1, 2, 1},
		Shards: []roster.ShardVoters{{ID: 1, Voters: []roster.NodeID{"n1-0a0b0c0d"}}, {ID: 2, Voters: []roster.NodeID{}}}}
}

// commands has one of every kind, with something in every field.
func commands() []roster.Command {
	capabilities, endpoints := agent().Capabilities, agent().Endpoints
	description, onEnd := "new", roster.OnEndDeregister
	return []roster.Command{
		roster.Tick{Shard: 2},
		roster.Register{Agent: agent(), Mode: roster.ModePut, IfMatch: 9, IfAbsent: true, SecretHash: "hash"},
		roster.Update{ID: "demo/a", IfMatch: 4, Capabilities: &capabilities, Endpoints: &endpoints, Description: &description, OnEnd: &onEnd,
			Labels:   roster.MapPatch{Clear: true, Set: roster.Map{{Key: "a", Value: "b"}}, Delete: []string{"c"}},
			Metadata: roster.MapPatch{Set: roster.Map{}, Delete: []string{}}},
		roster.Deregister{ID: "demo/a", IfMatch: 5},
		roster.SetHealth{ID: "demo/a", Health: roster.Health{State: roster.Critical, Reason: "gone"}},
		roster.Fence{Shard: 4, Agent: "demo/a", Epoch: 70000},
		roster.OpenSession{ID: "s-1", TTL: 15e9},
		roster.AttachSession{ID: "s-1", Shard: 5},
		roster.EndSession{ID: "s-1", If: 12, Shard: 5},
		roster.DetachSession{ID: "s-1", Shard: 5},
		roster.JoinNode{Node: roster.NodeInfo{ID: "n1-0a0b0c0d", Name: "n1", Address: "a:1", HTTP: "a:2", Version: "v1", State: roster.NodeAlive, Lease: 9}},
		roster.LeaveNode{ID: "n1-0a0b0c0d"},
		roster.RenewNode{ID: "n1-0a0b0c0d"},
		roster.SetMap{If: 2, Map: clusterMap()},
		roster.SetToken{TTL: 3600e9, Token: roster.AccessToken{ID: "0a0b0c0d", Name: "payments", Rules: []string{"write:payments", "read:*"},
			CreatedAt: 1_700_000_000_000_000_000, CreatedBy: "root", Expires: 77, Hash: "hash"}},
		roster.DropToken{ID: "0a0b0c0d"},
	}
}

func op(c roster.Command) roster.Op {
	return roster.Op{Request: roster.Request{Client: 1<<64 - 1, Seq: 300, Done: 299}, Actor: roster.Actor{Agent: "demo/b", Epoch: 6},
		By: "cn=me", Trace: "00-aa-bb-01", Ring: 3, Command: c}
}

func entry() roster.Entry {
	e := roster.Entry{Shard: 3, At: 123456789, Wall: 1_700_000_000_000_000_000, Ops: []roster.Op{}}
	for _, c := range commands() {
		e.Ops = append(e.Ops, op(c))
	}
	e.Ops = append(e.Ops, roster.Op{Command: roster.Update{ID: "demo/a", Labels: roster.MapPatch{Set: roster.Map{}, Delete: []string{}},
		Metadata: roster.MapPatch{Set: roster.Map{}, Delete: []string{}}}})
	return e
}

// results has one of every value, and a refusal with something in every field.
func results() map[string]roster.Result {
	return map[string]roster.Result{
		"nil":     {Index: 8},
		"change":  {Index: 9, Value: roster.Change{Outcome: roster.OutcomeUpdated, Record: record()}},
		"session": {Index: 10, Value: roster.Session{ID: "s-1", TTL: 15e9, Generation: 4, Ended: true, Shards: []roster.ShardID{1, 5}}},
		"refusal": {Index: 11, Err: &roster.Error{Code: roster.CodeOverloaded, Detail: "full", Field: "f", Position: 3, Status: 408,
			Shard: 2, Index: 11, RetryAfter: 1e9, Leader: "n1-0a0b0c0d"}},
	}
}
