// Package httpapi serves the contract over HTTP: JSON for programs, an event stream
// for watchers, one page for people. It turns requests into calls of a
// roster.Service and answers back, and decides nothing itself.
//
// One table (package table) says what there is: method, path, parameters, headers,
// body and answers. The mux is filled from it and the OpenAPI document at
// /openapi.json is built from it, so neither can know what the other does not. Package
// guard refuses what no route may see, wire reads and writes bodies, sse streams, ui
// holds the page.
//
// Every answer of 400 or more is application/problem+json, also those that come from
// the router (404, 405), from a foreign Host (421, code Denied), from a request of
// another origin (403) and from a panic (500). Nothing is redirected or normalised
// in silence: a path that is not canonical is refused. Nothing touches the file system.
//
// Decisions that callers may want to know:
//
//   - Hosts: names other than localhost must be allowed by Options.Hosts; addresses
//     always pass. That keeps web pages from reaching a node by a name that they
//     point at it.
//   - A read with after, max_age or a Roster-Token is at least fresh, also when it
//     says read=local.
//   - A write under Idempotency-Key or Roster-Request that answers for another agent
//     than the path names was a key used twice: Conflict. A session that is opened
//     under one gets an id drawn from it, so that a retry opens the same session.
//   - An item of a batch that has a fault of its own keeps its place and number, so
//     that a retry of the batch runs each item under the Seq it had.
//   - "Upgrade: h2c" is ignored, which Java's client sends unasked; other upgrades
//     are refused.
//   - A watch answers with a problem when its first news is an error; once the stream
//     stands, an error is an event of type error, and the stream ends. While initial
//     matches are sent, events bear no id: a reader that comes back begins again.
//
// What the caller owes: an http.Server with header limits and time-outs
// (ReadHeaderTimeout, IdleTimeout, MaxHeaderBytes; DisableGeneralOptionsHandler, or
// net/http answers OPTIONS * itself), and a BaseContext that ends at
// shutdown, because watches and holds last until their context ends.
package httpapi
