package ui

import _ "embed"

//go:embed index.html
var page []byte

//go:embed app.js
var script []byte

//go:embed agents.js
var agents []byte

//go:embed dom.js
var dom []byte

//go:embed fleets.js
var fleets []byte

//go:embed nodes.js
var nodes []byte

//go:embed roll.js
var roll []byte

//go:embed stream.js
var stream []byte

//go:embed why.js
var why []byte

//go:embed style.css
var style []byte

//go:embed icon.svg
var icon []byte

// Asset is one file of the page.
type Asset struct {
	Name    string // operation id of its route
	Pattern string // path, as net/http.ServeMux reads it
	Type    string // media type; the charset is UTF-8
	Summary string
	Body    []byte
}

// Assets returns every file of the page. Their bodies are shared: do not change them.
func Assets() []Asset {
	const js = "text/javascript"
	return []Asset{
		{"page", "/{$}", "text/html", "The status page", page},
		{"pageScript", "/ui/app.js", js, "The page's script", script},
		{"pageAgents", "/ui/agents.js", js, "The table of agents", agents},
		{"pageDom", "/ui/dom.js", js, "What every view does", dom},
		{"pageFleets", "/ui/fleets.js", js, "The view of fleets", fleets},
		{"pageNodes", "/ui/nodes.js", js, "The view of nodes", nodes},
		{"pageRoll", "/ui/roll.js", js, "The members of fleets by node", roll},
		{"pageStream", "/ui/stream.js", js, "Lists and watches that resume", stream},
		{"pageWhy", "/ui/why.js", js, "Why a member is where it is", why},
		{"pageStyle", "/ui/style.css", "text/css", "The page's style", style},
		{"pageIcon", "/ui/icon.svg", "image/svg+xml", "The page's icon", icon},
	}
}
