package load

import (
	"fmt"
	"io"
	"sync"

	"roster/cmd/node/screen"
	"roster/loadgen"
)

// line is the progress line of a run; without a terminal it is nothing.
type line struct {
	out  io.Writer
	runs int
	mu   struct {
		sync.Mutex
		run    int
		errors uint64
	}
}

func newLine(w io.Writer, runs int) *line {
	if !screen.IsTerminal(w) {
		w = io.Discard
	}
	return &line{out: w, runs: runs}
}

// begin starts the line of one run.
func (l *line) begin(run int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mu.run, l.mu.errors = run, 0
	fmt.Fprintf(l.out, "\r\x1b[Krun %d of %d: registering agents", run, l.runs)
}

// row shows one second.
func (l *line) row(r loadgen.Row) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mu.errors += r.Errors
	phase := ""
	if r.Warmup {
		phase = " (warm-up)"
	}
	fmt.Fprintf(l.out, "\r\x1b[Krun %d of %d: %4.0f s%s  %d operations  p50 %.2f ms  p99 %.2f ms  %d errors",
		l.mu.run, l.runs, r.At, phase, r.Count, r.P50, r.P99, l.mu.errors)
}

// end takes the line away.
func (l *line) end() { fmt.Fprint(l.out, "\r\x1b[K") }
