package httpapi

import (
	"net/http"
	"slices"

	"roster/httpapi/ui"
)

const (
	get    = http.MethodGet
	post   = http.MethodPost
	put    = http.MethodPut
	patch  = http.MethodPatch
	remove = http.MethodDelete
)

// routes is the table of everything that is served.
func routes() []route {
	return slices.Concat(agentRoutes(), collectionRoutes(), sessionRoutes(), clusterRoutes(), operationRoutes(), pageRoutes())
}

func agentRoutes() []route {
	const one = "/v1/agents/{ns}/{name}"
	shown := answer{status: 200, text: "the agent", schema: "Agent"}
	created := answer{status: 201, text: "the agent, now on the roll", schema: "Agent"}
	return []route{
		{method: get, path: one, name: "getAgent", tag: "agents", summary: "Look up one agent", params: readParams(),
			headers: []string{"Roster-Token", ifNoneMatch}, answers: []answer{shown, {status: 304, text: "unchanged since If-None-Match"}},
			fails: []int{404, 503}, lean: true, serve: (*call).getAgent},
		{method: put, path: one, name: "putAgent", tag: "agents", summary: "Enter or replace an agent", headers: write(ifMatch, ifNoneMatch),
			takesBody: agentBody, answers: []answer{shown, created}, fails: []int{409, 410, 412, 413, 415, 503, 504}, serve: (*call).putAgent},
		{method: patch, path: one, name: "patchAgent", tag: "agents", summary: "Change parts of an agent (RFC 7396)", headers: write(ifMatch),
			takesBody: patchBody, answers: []answer{shown}, fails: []int{404, 409, 412, 413, 415, 503, 504}, serve: (*call).patchAgent},
		{method: remove, path: one, name: "deleteAgent", tag: "agents", summary: "Take an agent off the roll", headers: write(ifMatch),
			answers: []answer{{status: 204, text: "it is off the roll"}}, fails: []int{404, 409, 412, 503, 504}, serve: (*call).deleteAgent},
		{method: post, path: one + "/health", name: "setHealth", tag: "agents", summary: "Report how well an agent is", headers: write(),
			takesBody: healthBody, answers: []answer{shown}, fails: []int{404, 413, 415, 503, 504}, serve: (*call).setHealth},
	}
}

func collectionRoutes() []route {
	page := []answer{{status: 200, text: "one page of agents", schema: "Page"}}
	return []route{
		{method: post, path: "/v1/agents", name: "createAgent", tag: "agents", summary: "Enter a new agent", headers: write(), takesBody: agentBody,
			answers: []answer{{status: 201, text: "the agent, now on the roll", schema: "Agent"}, {status: 200, text: "it was there already, the same", schema: "Agent"}},
			fails:   []int{409, 410, 413, 415, 503, 504}, serve: (*call).createAgent},
		{method: get, path: "/v1/agents", name: "listAgents", tag: "agents", summary: "List agents in any health", params: listParams(),
			headers: []string{"Roster-Token"}, answers: page, fails: []int{503}, serve: (*call).listAgents},
		{method: get, path: "/v1/agents:find", name: "findAgents", tag: "agents", summary: "Find agents to call: critical ones only on demand", params: listParams(),
			headers: []string{"Roster-Token"}, answers: page, fails: []int{503}, serve: (*call).findAgents},
		{method: post, path: "/v1/agents:lookup", name: "lookupAgents", tag: "agents", summary: "Look up many agents", params: readParams(),
			headers: []string{"Roster-Token"}, takesBody: lookupBody, answers: []answer{{status: 200, text: "in the order of the ids", schema: "Lookups"}},
			fails: []int{413, 415, 503}, serve: (*call).lookupAgents},
		{method: post, path: "/v1/agents:register", name: "registerAgents", tag: "agents", summary: "Enter many agents, each on its own", headers: write(),
			takesBody: registerBody, answers: []answer{{status: 200, text: "in the order of the agents", schema: "BatchResults"}},
			fails: []int{413, 415, 503}, serve: (*call).registerAgents},
		{method: get, path: "/v1/watch", name: "watchAgents", tag: "agents", summary: "Stream what happens to agents", params: watchParams(),
			headers: []string{"Roster-Token", "Last-Event-ID"}, answers: []answer{{status: 200, text: "events entered, changed, left, synced and error", schema: "WatchEvent", media: "text/event-stream"}},
			fails: []int{410, 429, 503}, stream: true, serve: (*call).watch},
	}
}

func sessionRoutes() []route {
	const one = "/v1/sessions/{id}"
	return []route{
		{method: post, path: "/v1/sessions", name: "openSession", tag: "sessions", summary: "Begin a session", headers: write(), takesBody: sessionBody,
			answers: []answer{{status: 201, text: "the session", schema: "Session"}}, fails: []int{409, 410, 413, 415, 503, 504}, serve: (*call).openSession},
		{method: post, path: "/v1/sessions:renew", name: "renewSessions", tag: "sessions", summary: "Restart the TTL of many sessions", takesBody: renewBody,
			answers: []answer{{status: 200, text: "in the order of the ids", schema: "Renewals"}}, fails: []int{413, 415, 503}, serve: (*call).renewSessions},
		{method: get, path: one, name: "getSession", tag: "sessions", summary: "Look at a session",
			answers: []answer{{status: 200, text: "the session", schema: "Session"}}, fails: []int{404, 410, 503}, serve: (*call).getSession},
		{method: remove, path: one, name: "endSession", tag: "sessions", summary: "End a session", headers: write(),
			answers: []answer{{status: 204, text: "it has ended"}}, fails: []int{404, 410, 503, 504}, serve: (*call).endSession},
		{method: post, path: one + "/renew", name: "renewSession", tag: "sessions", summary: "Restart the TTL of a session",
			answers: []answer{{status: 204, text: "its TTL begins anew"}}, fails: []int{404, 410, 503}, serve: (*call).renewSession},
		{method: get, path: one + "/hold", name: "holdSession", tag: "sessions", summary: "Hold a session by this connection",
			answers: []answer{{status: 200, text: "comment lines, and an event error when the session ends", schema: "WatchEvent", media: "text/event-stream"}},
			fails:   []int{404, 410, 429, 503}, stream: true, serve: (*call).hold},
	}
}

func clusterRoutes() []route {
	return []route{
		{method: post, path: "/v1/commands", name: "command", tag: "commands", summary: "Carry out any command", headers: write(), takesBody: commandBody,
			answers: []answer{{status: 200, text: "what it came to", schema: "CommandResult"}}, fails: []int{403, 404, 409, 410, 412, 413, 415, 422, 503, 504}, serve: (*call).command},
		{method: get, path: "/v1/members", name: "members", tag: "cluster", summary: "List the nodes",
			answers: []answer{{status: 200, text: "as the answering node sees them", schema: "Members"}}, serve: (*call).members},
		{method: get, path: "/v1/shards", name: "shards", tag: "cluster", summary: "List the shards",
			answers: []answer{{status: 200, text: "as the answering node sees them", schema: "Shards"}}, serve: (*call).shards},
		{method: get, path: "/v1/status", name: "status", tag: "cluster", summary: "The answering node in a few words",
			answers: []answer{{status: 200, text: "the node", schema: "NodeStatus"}}, serve: (*call).nodeStatus},
		{method: post, path: "/v1/join", name: "join", tag: "cluster", summary: "Make this node meet a cluster", takesBody: joinBody,
			answers: []answer{{status: 200, text: "how many nodes answered", schema: "Joined"}}, fails: []int{409, 413, 415, 503}, serve: (*call).join},
		{method: post, path: "/v1/leave", name: "leave", tag: "cluster", summary: "Take this node out of the cluster and stop it", takesBody: leaveBody,
			answers: []answer{{status: 202, text: "it is leaving"}}, fails: []int{413, 415, 422, 503}, serve: (*call).leave},
	}
}

func operationRoutes() []route {
	return []route{
		{method: get, path: "/livez", name: "live", tag: "operation", summary: "Whether the process answers",
			answers: []answer{{status: 200, text: "it does", schema: "Live"}}, serve: (*call).alive},
		{method: get, path: "/readyz", name: "ready", tag: "operation", summary: "Whether the node may be given work", params: verboseParams(),
			answers: []answer{{status: 200, text: "it may", schema: "Ready"}}, fails: []int{503}, serve: (*call).ready},
		{method: get, path: "/metrics", name: "metrics", tag: "operation", summary: "Metrics for Prometheus",
			answers: []answer{{status: 200, text: "text exposition", schema: "Text", media: "text/plain"}}, fails: []int{404}, serve: (*call).exposition},
		{method: get, path: "/openapi.json", name: "openapi", tag: "operation", summary: "This document",
			answers: []answer{{status: 200, text: "OpenAPI 3.1", schema: "Document"}}, serve: (*call).openAPI},
	}
}

// pageRoutes are the files of the status page.
func pageRoutes() []route {
	var out []route
	for _, asset := range ui.Assets() {
		out = append(out, route{method: get, path: asset.Pattern, name: asset.Name, tag: "page", summary: asset.Summary,
			answers: []answer{{status: 200, text: asset.Summary, schema: "Text", media: asset.Type}},
			serve:   func(c *call) error { return c.page(asset) }})
	}
	return out
}

// page sends a file of the status page. The policy lets the page load what this node
// serves and nothing else, and lets nobody frame it.
func (c *call) page(asset ui.Asset) error {
	h := c.Header()
	h.Set("Content-Security-Policy", "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-cache")
	writeBody(c, http.StatusOK, asset.Type+"; charset=utf-8", asset.Body)
	return nil
}
