package ui

import _ "embed"

//go:embed index.html
var page []byte

//go:embed app.js
var script []byte

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
	return []Asset{
		{"page", "/{$}", "text/html", "The status page", page},
		{"pageScript", "/ui/app.js", "text/javascript", "The page's script", script},
		{"pageStyle", "/ui/style.css", "text/css", "The page's style", style},
		{"pageIcon", "/ui/icon.svg", "image/svg+xml", "The page's icon", icon},
	}
}
