// Package gate stands before a service and lets each call pass that the rights of its
// caller allow (access.With). It is the one place that looks into calls: what a batch, a
// query or a command names is judged here, however it came in.
//
//   - An item of a batch to register is refused alone, a batch to look up as a whole:
//     what is left out of its answer would look like an agent that is not there.
//   - Find and Watch show the namespaces that the caller may read, and no others. One that
//     the query names and the caller may not read is Denied; so is a plan, which counts
//     agents of all namespaces, unless he may read them all.
//   - A session belongs to the namespace before the last "~" of its id; one without "~" is
//     for who may write everywhere.
//
// A Gate holds no service embedded, so that a method that is added to the contract does
// not pass unjudged: it does not compile.
//
// What the caller owes: a context from access.With. Without one, all is Denied but Ready,
// which then tells no details.
package gate
