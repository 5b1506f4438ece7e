package ui_test

import (
	"fmt"

	"roster/httpapi/ui"
)

func ExampleAssets() {
	for _, a := range ui.Assets() {
		fmt.Println(a.Pattern, a.Type)
	}
	// Output:
	// /{$} text/html
	// /ui/app.js text/javascript
	// /ui/agents.js text/javascript
	// /ui/dom.js text/javascript
	// /ui/fleets.js text/javascript
	// /ui/nodes.js text/javascript
	// /ui/roll.js text/javascript
	// /ui/stream.js text/javascript
	// /ui/why.js text/javascript
	// /ui/style.css text/css
	// /ui/icon.svg image/svg+xml
}
