package table

import (
	"net/http"
	"slices"

	"roster/access"
	"roster/httpapi/ui"
)

const (
	get    = http.MethodGet
	post   = http.MethodPost
	put    = http.MethodPut
	patch  = http.MethodPatch
	remove = http.MethodDelete
)

// Routes is the table of everything that is served.
func Routes() []Route {
	return slices.Concat(agentRoutes(), collectionRoutes(), sessionRoutes(), clusterRoutes(), nodeRoutes(), tokenRoutes(), fleetRoutes(), hostedRoutes(), mailRoutes(), operationRoutes(), pageRoutes())
}

func reads(in Where) Right  { return Right{access.Read, in} }
func writes(in Where) Right { return Right{access.Write, in} }
func administers() Right    { return Right{access.Admin, Cluster} }
func opens() Right          { return Right{In: Open} }

func agentRoutes() []Route {
	const one = "/v1/agents/{ns}/{name}"
	shown := Answer{Status: 200, Text: "the agent", Schema: "Agent"}
	created := Answer{Status: 201, Text: "the agent, now on the roll", Schema: "Agent"}
	return []Route{
		{Method: get, Path: one, Name: "getAgent", Right: reads(InPath), Tag: "agents", Summary: "Look up one agent", Params: readParams(),
			Headers: []string{"Roster-Token", IfNoneMatch}, Answers: []Answer{shown, {Status: 304, Text: "unchanged since If-None-Match"}},
			Fails: []int{404, 503}, Lean: true},
		{Method: put, Path: one, Name: "putAgent", Right: writes(InPath), Tag: "agents", Summary: "Enter or replace an agent", Headers: write(IfMatch, IfNoneMatch),
			Body: AgentBody, Answers: []Answer{shown, created}, Fails: []int{409, 410, 412, 413, 415, 503, 504}, Lean: true},
		{Method: patch, Path: one, Name: "patchAgent", Right: writes(InPath), Tag: "agents", Summary: "Change parts of an agent (RFC 7396)", Headers: write(IfMatch),
			Body: PatchBody, Answers: []Answer{shown}, Fails: []int{404, 409, 412, 413, 415, 503, 504}, Lean: true},
		{Method: remove, Path: one, Name: "deleteAgent", Right: writes(InPath), Tag: "agents", Summary: "Take an agent off the roll", Headers: write(IfMatch),
			Answers: []Answer{{Status: 204, Text: "it is off the roll"}}, Fails: []int{404, 409, 412, 503, 504}, Lean: true},
		{Method: post, Path: one + "/health", Name: "setHealth", Right: writes(InPath), Tag: "agents", Summary: "Report how well an agent is", Headers: write(),
			Body: HealthBody, Answers: []Answer{shown}, Fails: []int{404, 413, 415, 503, 504}, Lean: true},
	}
}

func collectionRoutes() []Route {
	page := []Answer{{Status: 200, Text: "one page of agents", Schema: "Page"}}
	return []Route{
		{Method: post, Path: "/v1/agents", Name: "createAgent", Right: writes(Named), Tag: "agents", Summary: "Enter a new agent", Headers: write(), Body: AgentBody,
			Answers: []Answer{{Status: 201, Text: "the agent, now on the roll", Schema: "Agent"}, {Status: 200, Text: "it was there already, the same", Schema: "Agent"}},
			Fails:   []int{409, 410, 413, 415, 503, 504}, Lean: true},
		{Method: get, Path: "/v1/agents", Name: "listAgents", Right: reads(Named), Tag: "agents", Summary: "List agents in any health", Params: listParams(),
			Headers: []string{"Roster-Token"}, Answers: page, Fails: []int{503}},
		{Method: get, Path: "/v1/agents:find", Name: "findAgents", Right: reads(Named), Tag: "agents", Summary: "Find agents to call: critical ones only on demand", Params: listParams(),
			Headers: []string{"Roster-Token"}, Answers: page, Fails: []int{503}},
		{Method: post, Path: "/v1/agents:lookup", Name: "lookupAgents", Right: reads(Named), Tag: "agents", Summary: "Look up many agents", Params: readParams(),
			Headers: []string{"Roster-Token"}, Body: LookupBody, Answers: []Answer{{Status: 200, Text: "in the order of the ids", Schema: "Lookups"}},
			Fails: []int{413, 415, 503}},
		{Method: post, Path: "/v1/agents:register", Name: "registerAgents", Right: writes(Named), Tag: "agents", Summary: "Enter many agents, each on its own", Headers: write(),
			Body: RegisterBody, Answers: []Answer{{Status: 200, Text: "in the order of the agents", Schema: "BatchResults"}},
			Fails: []int{413, 415, 503}, Lean: true},
		{Method: get, Path: "/v1/watch", Name: "watchAgents", Right: reads(Named), Tag: "agents", Summary: "Stream what happens to agents", Params: watchParams(),
			Headers: []string{"Roster-Token", "Last-Event-ID"}, Answers: []Answer{{Status: 200, Text: "events entered, changed, left, synced and error", Schema: "WatchEvent", Media: "text/event-stream"}},
			Fails: []int{410, 429, 503}, Stream: true},
	}
}

func sessionRoutes() []Route {
	const one = "/v1/sessions/{id}"
	return []Route{
		{Method: post, Path: "/v1/sessions", Name: "openSession", Right: writes(Named), Tag: "sessions", Summary: "Begin a session", Headers: write(), Body: SessionBody,
			Answers: []Answer{{Status: 201, Text: "the session", Schema: "Session"}}, Fails: []int{409, 410, 413, 415, 503, 504}},
		{Method: post, Path: "/v1/sessions:renew", Name: "renewSessions", Right: writes(Named), Tag: "sessions", Summary: "Restart the TTL of many sessions", Body: RenewBody,
			Answers: []Answer{{Status: 200, Text: "in the order of the ids", Schema: "Renewals"}}, Fails: []int{413, 415, 503}},
		{Method: get, Path: one, Name: "getSession", Right: reads(InSession), Tag: "sessions", Summary: "Look at a session",
			Answers: []Answer{{Status: 200, Text: "the session", Schema: "Session"}}, Fails: []int{404, 410, 503}},
		{Method: remove, Path: one, Name: "endSession", Right: writes(InSession), Tag: "sessions", Summary: "End a session", Headers: write(),
			Answers: []Answer{{Status: 204, Text: "it has ended"}}, Fails: []int{404, 410, 503, 504}},
		{Method: post, Path: one + "/renew", Name: "renewSession", Right: writes(InSession), Tag: "sessions", Summary: "Restart the TTL of a session",
			Answers: []Answer{{Status: 204, Text: "its TTL begins anew"}}, Fails: []int{404, 410, 503}},
		{Method: get, Path: one + "/hold", Name: "holdSession", Right: writes(InSession), Tag: "sessions", Summary: "Hold a session by this connection",
			Answers: []Answer{{Status: 200, Text: "comment lines, and an event error when the session ends", Schema: "WatchEvent", Media: "text/event-stream"}},
			Fails:   []int{404, 410, 429, 503}, Stream: true},
	}
}

func clusterRoutes() []Route {
	return []Route{
		{Method: post, Path: "/v1/commands", Name: "command", Right: writes(Named), Tag: "commands", Summary: "Carry out any command", Headers: write(), Body: CommandBody,
			Answers: []Answer{{Status: 200, Text: "what it came to", Schema: "CommandResult"}}, Fails: []int{403, 404, 409, 410, 412, 413, 415, 422, 503, 504}},
		{Method: get, Path: "/v1/members", Name: "members", Right: reads(Anywhere), Tag: "cluster", Summary: "List the nodes",
			Answers: []Answer{{Status: 200, Text: "as the answering node sees them", Schema: "Members"}}},
		{Method: get, Path: "/v1/shards", Name: "shards", Right: reads(Anywhere), Tag: "cluster", Summary: "List the shards",
			Answers: []Answer{{Status: 200, Text: "as the answering node sees them", Schema: "Shards"}}},
		{Method: get, Path: "/v1/status", Name: "status", Right: reads(Anywhere), Tag: "cluster", Summary: "The answering node in a few words",
			Answers: []Answer{{Status: 200, Text: "the node", Schema: "NodeStatus"}}},
		{Method: post, Path: "/v1/join", Name: "join", Right: administers(), Tag: "cluster", Summary: "Make this node meet a cluster", Body: JoinBody,
			Answers: []Answer{{Status: 200, Text: "how many nodes answered", Schema: "Joined"}}, Fails: []int{409, 413, 415, 503}},
		{Method: post, Path: "/v1/leave", Name: "leave", Right: administers(), Tag: "cluster", Summary: "Take this node out of the cluster and stop it", Body: LeaveBody,
			Answers: []Answer{{Status: 202, Text: "it is leaving"}}, Fails: []int{413, 415, 422, 503}},
		{Method: post, Path: "/v1/migrate-store", Name: "migrate_store", Right: administers(), Tag: "cluster", Summary: "Move logs of this node's shards into another store", Body: StoreBody,
			Answers: []Answer{{Status: 200, Text: "how many were moved; repeat until none are left", Schema: "StoreMoves"}}, Fails: []int{409, 413, 415, 422, 503}},
		{Method: post, Path: "/v1/backup", Name: "backup", Right: administers(), Tag: "cluster", Summary: "Send an archive of all shards",
			Answers: []Answer{{Status: 200, Text: "one moment of each shard; cut off unless it is whole", Schema: "Archive", Media: "application/x-tar"}}, Fails: []int{409, 429, 503}, Stream: true},
	}
}

func tokenRoutes() []Route {
	return []Route{
		{Method: get, Path: "/v1/tokens", Name: "listTokens", Right: administers(), Tag: "tokens", Summary: "List the access tokens",
			Answers: []Answer{{Status: 200, Text: "by id, without their secrets", Schema: "Tokens"}}, Fails: []int{503}},
		{Method: post, Path: "/v1/tokens", Name: "createToken", Right: administers(), Tag: "tokens", Summary: "Make an access token", Body: TokenBody,
			Answers: []Answer{{Status: 201, Text: "the token and its secret, which is told this once", Schema: "TokenMade"}}, Fails: []int{413, 415, 429, 503, 504}},
		{Method: get, Path: "/v1/keyring", Name: "keyring", Right: administers(), Tag: "tokens", Summary: "Which cluster keys each node holds, by fingerprint",
			Answers: []Answer{{Status: 200, Text: "every living node; error says why one is not known", Schema: "Keyring"}}},
		{Method: post, Path: "/v1/keyring", Name: "changeKeyring", Right: administers(), Tag: "tokens", Summary: "Install, use or remove a cluster key on all living nodes", Body: KeyBody,
			Answers: []Answer{{Status: 200, Text: "it is done everywhere", Schema: "Keyring"}}, Fails: []int{404, 413, 415, 422, 503, 504}},
		{Method: remove, Path: "/v1/tokens/{id}", Name: "revokeToken", Right: administers(), Tag: "tokens", Summary: "Take an access token away",
			Answers: []Answer{{Status: 204, Text: "it opens nothing any more"}}, Fails: []int{404, 503, 504}},
	}
}

// fleetRoutes are about what is run.
func fleetRoutes() []Route {
	const one, member = "/v1/fleets/{ns}/{name}", "/v1/agents/{ns}/{name}"
	state := Answer{Status: 200, Text: "the fleet", Schema: "FleetState"}
	return []Route{
		{Method: get, Path: "/v1/fleets", Name: "listFleets", Right: reads(Anywhere), Tag: "fleets", Summary: "List fleets by id", Params: []Param{{"namespace", `{"type":"string","default":"*"}`, "namespace, or its beginning and *", false}},
			Answers: []Answer{{Status: 200, Text: "the fleets that the caller may read", Schema: "Fleets"}}, Fails: []int{422, 503}},
		{Method: get, Path: "/v1/loads", Name: "listLoads", Right: reads(Anywhere), Tag: "fleets", Summary: "What the nodes have for agents, and how much of it is taken",
			Answers: []Answer{{Status: 200, Text: "the nodes that have answered", Schema: "Loads"}}, Fails: []int{422, 503}},
		{Method: get, Path: one, Name: "getFleet", Right: reads(InPath), Tag: "fleets", Summary: "Look up one fleet, its members counted", Params: readParams(), Headers: []string{"Roster-Token"},
			Answers: []Answer{state}, Fails: []int{404, 422, 503}},
		{Method: put, Path: one, Name: "putFleet", Right: writes(InPath), Tag: "fleets", Summary: "Enter or replace a fleet", Headers: write(IfMatch, IfNoneMatch), Body: FleetBody,
			Answers: []Answer{state, {Status: 201, Text: "the fleet, new; its members are placed one after the other", Schema: "FleetState"}}, Fails: []int{409, 412, 413, 415, 422, 429, 503, 504}},
		{Method: remove, Path: one, Name: "deleteFleet", Right: writes(InPath), Tag: "fleets", Summary: "Take a fleet away", Headers: write(IfMatch),
			Answers: []Answer{state, {Status: 202, Text: "its members stop, and it is gone with the last of them", Schema: "FleetState"}}, Fails: []int{404, 412, 503, 504}},
		{Method: post, Path: one + "/scale", Name: "scaleFleet", Right: writes(InPath), Tag: "fleets", Summary: "Change how many members a fleet has", Headers: write(IfMatch), Body: ScaleBody,
			Answers: []Answer{state}, Fails: []int{404, 409, 412, 413, 415, 503, 504}},
		{Method: get, Path: member + "/explain", Name: "explainAgent", Right: reads(InPath), Tag: "fleets", Summary: "Why a member of a fleet is where it is, and what speaks against each node",
			Answers: []Answer{{Status: 200, Text: "what a plan would decide now", Schema: "Explanation"}}, Fails: []int{404, 422, 503}},
		{Method: get, Path: member + "/output", Name: "agentOutput", Right: writes(InPath), Tag: "fleets", Summary: "The end of what a member of a fleet has printed on its node", Params: []Param{{"bytes", `{"type":"integer","minimum":1,"maximum":1048576,"default":65536}`, "how much at most", false}},
			Answers: []Answer{{Status: 200, Text: "whole lines, where it can", Schema: "Output"}}, Fails: []int{404, 422, 503}},
		{Method: post, Path: member + "/recall", Name: "recallAgent", Right: writes(InPath), Tag: "fleets", Summary: "Stop a member where it runs and place it anew", Headers: write(), Body: RecallBody,
			Answers: []Answer{{Status: 200, Text: "the member, stopping", Schema: "Agent"}}, Fails: []int{404, 409, 413, 415, 422, 503, 504}},
	}
}

// mailRoutes are about what agents say to each other.
func mailRoutes() []Route {
	const member = "/v1/agents/{ns}/{name}"
	as := []string{"Roster-Agent", "Roster-Epoch", "Roster-Secret"}
	return []Route{
		{Method: post, Path: member + "/messages", Name: "sendMessage", Right: writes(InPath), Tag: "messages", Summary: "Send a message to an agent, and wait for its answer if that is asked for", Headers: as, Body: MessageBody,
			Answers: []Answer{{Status: 200, Text: "the answer", Schema: "Receipt"}, {Status: 202, Text: "it is in the mailbox", Schema: "Receipt"}}, Fails: []int{404, 409, 413, 415, 422, 429, 503, 504}, Stream: true},
		{Method: post, Path: member + "/receive", Name: "receiveMessages", Right: writes(InPath), Tag: "messages", Summary: "Get the messages of the agent that calls, and finish those up to a number", Headers: as, Body: ReceiveBody,
			Answers: []Answer{{Status: 200, Text: "what is there, or nothing when the wait is over", Schema: "Messages"}}, Fails: []int{404, 409, 413, 415, 422, 429, 503, 504}, Stream: true},
		{Method: post, Path: member + "/replies", Name: "replyMessage", Right: writes(InPath), Tag: "messages", Summary: "Answer a message", Headers: as, Body: ReplyBody,
			Answers: []Answer{{Status: 204, Text: "who waited has it"}}, Fails: []int{404, 409, 413, 415, 422, 503, 504}},
		{Method: get, Path: member + "/mailbox", Name: "getMailbox", Right: reads(InPath), Tag: "messages", Summary: "How full the mailbox of an agent is",
			Answers: []Answer{{Status: 200, Text: "what waits there, and what has become of messages", Schema: "Mailbox"}}, Fails: []int{404, 422, 503}},
		{Method: post, Path: "/v1/messages", Name: "multicast", Right: writes(Named), Tag: "messages", Summary: "Send a message to each agent that a query finds", Headers: as, Body: MulticastBody,
			Answers: []Answer{{Status: 202, Text: "what became of each", Schema: "Receipts"}}, Fails: []int{409, 413, 415, 422, 503, 504}},
	}
}

// hostedRoutes are what a member does for itself, and what others see of that.
func hostedRoutes() []Route {
	const state, standing = "/v1/agents/{ns}/{name}/state", "/v1/agents/{ns}/{name}/standing"
	return []Route{
		{Method: get, Path: state, Name: "getState", Right: writes(InPath), Tag: "fleets", Summary: "What a member of a fleet keeps for its next activation", Params: readParams(), Headers: []string{"Roster-Token"},
			Answers: []Answer{{Status: 200, Text: "the bytes, and who kept them", Schema: "Saved"}}, Fails: []int{404, 422, 503}},
		{Method: put, Path: state, Name: "putState", Right: writes(InPath), Tag: "fleets", Summary: "Keep bytes for the next activation of the agent that calls", Headers: write(), Body: StateBody,
			Answers: []Answer{{Status: 204, Text: "they are kept, wherever it runs next"}}, Fails: []int{404, 409, 413, 415, 422, 429, 503, 504}},
		{Method: get, Path: standing, Name: "getStanding", Right: reads(InPath), Tag: "fleets", Summary: "What a member of a fleet has last said of itself",
			Answers: []Answer{{Status: 200, Text: "its word, and how long ago", Schema: "Said"}}, Fails: []int{404, 422, 503}},
		{Method: put, Path: standing, Name: "putStanding", Right: writes(InPath), Tag: "fleets", Summary: "Say how the agent that calls is", Headers: []string{"Roster-Agent", "Roster-Epoch", "Roster-Secret"}, Body: StandingBody,
			Answers: []Answer{{Status: 204, Text: "its node has heard it"}}, Fails: []int{404, 409, 413, 415, 422, 503, 504}},
	}
}

// nodeRoutes change which nodes vote.
func nodeRoutes() []Route {
	const one = "/v1/nodes/{id}"
	return []Route{
		{Method: post, Path: one + "/drain", Name: "drainNode", Right: administers(), Tag: "cluster", Summary: "Take every vote off a node, one after the other",
			Answers: []Answer{{Status: 204, Text: "it is wanted empty: GET /v1/rebalance shows how far that is"}}, Fails: []int{404, 422, 503, 504}},
		{Method: post, Path: one + "/undrain", Name: "undrainNode", Right: administers(), Tag: "cluster", Summary: "Let a node vote again",
			Answers: []Answer{{Status: 204, Text: "it may"}}, Fails: []int{404, 422, 503, 504}},
		{Method: post, Path: one + "/force-leave", Name: "forceLeaveNode", Right: administers(), Tag: "cluster", Summary: "Take out a node that is gone for good",
			Answers: []Answer{{Status: 204, Text: "it has left"}}, Fails: []int{404, 422, 503, 504}},
		{Method: post, Path: one + "/prune", Name: "pruneNode", Right: administers(), Tag: "cluster", Summary: "Forget a node that has left, and let it in never again",
			Answers: []Answer{{Status: 204, Text: "it is listed no more"}}, Fails: []int{404, 422, 503, 504}},
		{Method: get, Path: "/v1/rebalance", Name: "moves", Right: administers(), Tag: "cluster", Summary: "Which voters move, and why",
			Answers: []Answer{{Status: 200, Text: "what is under way and what waits", Schema: "MovePlan"}}, Fails: []int{503}},
		{Method: post, Path: "/v1/rebalance", Name: "rebalance", Right: administers(), Tag: "cluster", Summary: "Stop or resume the moving of voters, say who reads", Body: RebalanceBody,
			Answers: []Answer{{Status: 204, Text: "so it is"}}, Fails: []int{413, 415, 503, 504}},
	}
}

func operationRoutes() []Route {
	return []Route{
		{Method: get, Path: "/livez", Name: "live", Right: opens(), Tag: "operation", Summary: "Whether the process answers",
			Answers: []Answer{{Status: 200, Text: "it does", Schema: "Live"}}},
		{Method: get, Path: "/readyz", Name: "ready", Right: opens(), Tag: "operation", Summary: "Whether the node may be given work", Params: verboseParams(),
			Answers: []Answer{{Status: 200, Text: "it may", Schema: "Ready"}}, Fails: []int{503}},
		{Method: get, Path: "/metrics", Name: "metrics", Right: administers(), Tag: "operation", Summary: "Metrics for Prometheus",
			Answers: []Answer{{Status: 200, Text: "text exposition", Schema: "Text", Media: "text/plain"}}, Fails: []int{404}},
		{Method: get, Path: "/v1/debug/{part}", Name: "debug", Right: administers(), Tag: "operation", Summary: "Look inside this node's process: settings, stacks, and profiles for go tool pprof", Params: debugParams(),
			Answers: []Answer{{Status: 200, Text: "settings as JSON, stacks as text, cpu, heap, allocs, goroutine, block, mutex and threadcreate as profiles", Schema: "Text", Media: "application/octet-stream"}}, Fails: []int{404, 409}, Lean: true},
		{Method: get, Path: "/openapi.json", Name: "openapi", Right: opens(), Tag: "operation", Summary: "This document",
			Answers: []Answer{{Status: 200, Text: "OpenAPI 3.1", Schema: "Document"}}},
	}
}

// pageRoutes are the files of the status page.
func pageRoutes() []Route {
	var out []Route
	for _, asset := range ui.Assets() {
		out = append(out, Route{Method: get, Path: asset.Pattern, Name: asset.Name, Right: opens(), Tag: "page", Summary: asset.Summary,
			Answers: []Answer{{Status: 200, Text: asset.Summary, Schema: "Text", Media: asset.Type}}})
	}
	return out
}
