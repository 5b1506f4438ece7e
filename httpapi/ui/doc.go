// Package ui embeds the status page: one HTML file, one script and one style sheet,
// without a build step and without anything from another host.
//
// The page shows nodes, shards and agents and keeps itself fresh: agents by
// /v1/watch, the rest by asking every few seconds. Whatever it shows is put in as
// text, never as markup, because agents' words come from strangers.
//
// What the caller owes: serve each [Asset] under its Pattern with its Type, and with
// a content security policy of default-src 'self', which the page is written for.
package ui
