// Package scrape reads what a node shows to Prometheus.
//
// What the caller owes: two scrapes of one process where a figure is a rate.
package scrape
