// Package loadgen drives operations against anything that can be called, and measures
// what came of them.
//
// [Drive] carries out one [Load]. In an open loop the Load's Schedule says when each
// operation is meant to be sent, and its latency counts from that moment, so that a
// system that stalls is charged for all whom it kept waiting. In a closed loop a fixed
// number of workers each send the next operation as soon as the last is answered.
// Operation number n draws its kind and its keys from the seed and n alone: the same
// seed gives the same sequence, whoever carries it out and in whatever order.
//
// Nothing is left out in silence: an operation that was due while the most that may be
// outstanding were outstanding is counted as the error [CodeNotSent]; whatever was
// sent before the end is waited for.
//
// The rooms below this one know Roster: workload has the profiles, check the promises
// that are watched meanwhile, usage what the nodes spend, verdict and page what to
// make of the figures.
//
// What the caller owes: functions in Op.Do that may run at the same time and end soon
// after their context; and a machine that has room for the generator, for which
// Result.Lag is the evidence.
package loadgen
