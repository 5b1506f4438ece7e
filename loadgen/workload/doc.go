// Package workload is the load profiles for Roster: what agents there are, who asks
// what how often, and what is watched meanwhile.
//
// [Run] carries out one profile against a cluster: it registers a population under a
// session of its own, drives operations through the nodes over HTTP, samples what the
// nodes spend, lets auditors hold promises against answers, reads back what was
// acknowledged, and leaves the cluster as it was. [Profiles] lists what there is.
//
// The same seed gives the same agents, the same operations and the same keys. Agents
// have about 250 bytes of text.
//
// What the caller owes: a cluster that nobody else writes the namespaces load-SEED and
// audit-SEED of, and a context that ends when the run should.
package workload
