// Package intake reads agents that others wrote down: one JSON object a line, as
// agents of this API or as entries of an MCP registry, and registers them in batches.
//
// Lines are judged one by one: a line that cannot be taken is told with its number
// and stops no other. Every agent is put, so that a second import of the same lines
// changes nothing.
//
// [DecodeCommand] reads the commands that callers write in JSON.
//
// What the caller owes: a Registry whose batches run exactly once however often they
// are sent (a node's or the client's), and a second [Import] after an error.
package intake
