// Package meter counts what the HTTP API does, for Prometheus. The values of labels are
// bounded: routes come from the table, codes are HTTP statuses.
//
// What the caller owes: one [Route] for each route, made once, because to find a counter
// costs more than to count.
package meter
