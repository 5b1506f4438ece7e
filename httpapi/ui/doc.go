// Package ui embeds the status page: one HTML file, a few scripts and one style sheet,
// without a build step and without anything from another host.
//
// The page has three views, of shards and agents, of nodes with what they run, and of
// fleets, and keeps itself fresh: agents by /v1/watch, the rest by asking every few
// seconds. One stream is open at a time, that of the view that is shown; it goes on where
// it was cut, and what nobody confirms any more is dimmed, with the time since when.
// Whatever the page shows is put in as text, never as markup, because agents' words come
// from strangers.
//
// roll.js (which agents are where) and stream.js (lists and watches that resume) know
// neither the document nor a clock of their own, so tests run them without a browser.
//
// What the caller owes: serve each [Asset] under its Pattern with its Type, and with
// a content security policy of default-src 'self', which the page is written for.
package ui
