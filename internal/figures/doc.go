// Package figures measures the whole of Roster from outside: look-ups and writes in
// process and over HTTP, memory and restart. It holds benchmarks alone; each stands in
// the same run beside the plainest thing that could do the same work (a Go map, a bare
// net/http server, one sync of a page), because a figure without one says more about
// the machine than about the program.
//
//	go test -run '^$' -bench . -benchtime 2s ./internal/figures
//
// Nothing here asserts a time: machines differ and are shared. Metrics have their unit
// in their name. Load generator and servers share one process and its cores, so the
// CPU time of an operation over HTTP is that of both sides. What was measured where is
// in docs/benchmarks.md.
//
// What the caller owes: nothing; the package exports nothing.
package figures
