package httpapi

import (
	"net/http"

	"roster/httpapi/ui"
	"roster/httpapi/wing"
)

// handlers says who serves each route of the table, by its name.
func handlers() map[string]func(*call) error {
	served := map[string]func(*call) error{
		"getAgent": (*call).getAgent, "putAgent": (*call).putAgent, "patchAgent": (*call).patchAgent, "deleteAgent": (*call).deleteAgent,
		"setHealth": (*call).setHealth, "createAgent": (*call).createAgent, "listAgents": (*call).listAgents, "findAgents": (*call).findAgents,
		"lookupAgents": (*call).lookupAgents, "registerAgents": (*call).registerAgents, "watchAgents": (*call).watch,
		"openSession": (*call).openSession, "renewSessions": (*call).renewSessions, "getSession": (*call).getSession, "endSession": (*call).endSession,
		"renewSession": (*call).renewSession, "holdSession": (*call).hold,
		"command": (*call).command, "members": (*call).members, "shards": (*call).shards, "status": (*call).nodeStatus, "join": (*call).join, "leave": (*call).leave, "migrate_store": (*call).migrateStore,
		"drainNode": (*call).drain, "undrainNode": (*call).undrain, "forceLeaveNode": (*call).forceLeave, "pruneNode": (*call).prune, "moves": (*call).moves, "backup": (*call).backup, "rebalance": (*call).rebalance,
		"live": (*call).alive, "ready": (*call).ready, "metrics": (*call).exposition, "debug": (*call).debug, "openapi": (*call).openAPI,
	}
	for _, asset := range ui.Assets() {
		served[asset.Name] = func(c *call) error { return c.page(asset) }
	}
	for name, serve := range wing.Handlers() {
		served[name] = func(c *call) error { return c.wing(serve) }
	}
	return served
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
