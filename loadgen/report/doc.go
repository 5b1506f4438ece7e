// Package report is what a run of load came to, as a file, as text and as one page
// with plots.
//
// A [Report] is what "roster load run -o json" writes: a format that is versioned, so
// that figures of last year can be held against today's. [Report.Figures] flattens it
// into names such as "lookup.p99", under which budgets know them. [WriteText] is for a
// terminal, [WritePage] for a browser: HTML with its styles and drawings inside, which
// loads nothing from anywhere.
//
// What the caller owes: a report of its own runs, or one that [Read] has checked.
package report
