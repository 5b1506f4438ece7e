// Package router brings operations to the leader of their shard, wherever that is,
// and keeps trying those that were not carried out until their time is up.
//
// Every operation travels under a roster.Request, the caller's or one of the router's
// own, so that sending it again after a lost answer never runs it twice. An outcome is
// a result of the rules, or Unavailable (never executed) or Unknown (perhaps).
//
// What goes to the leader on another node travels with what comes at the same time:
// writes share calls, and readers of a shard share one question.
//
// What the caller owes: hand the methods of other routers to [Router.ServePropose]
// and [Router.ServeReadIndex], a cluster map to [Router.SetMap] once there is one, and
// [Router.Close].
package router
