// Package once hands out the requests under which a client's writes run exactly once: a
// client id, numbers that count up, and the floor below which all is settled.
//
// What the caller owes: the end of each request, answered or given up.
package once
