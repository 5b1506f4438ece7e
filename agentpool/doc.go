// Package agentpool runs agents on one machine: a [Supervisor] keeps those running that
// should, each by a [Driver], and says what becomes of them.
//
//	Want(agent) ──▶ cell ──▶ Driver.Run ──▶ Report: running, stopped, failed, refused
//	Drop, Fence ──▶ stop
//
// An agent is known by its id and epoch. One that ends is run again as its spec says, after
// a pause that grows; once that has been too often it is given up, as failed: who placed it
// decides where it goes. A new epoch of an agent begins when the one before has ended here.
//
// [Supervisor.Fence] stops everything at once: the node may be taken for dead, and what it
// runs may be running elsewhere soon.
//
// Who runs has a health: by the probe of its spec (package probe) and by its word of itself,
// whichever is worse. Config.Health hears when it changes.
//
// Three drivers: [Inproc] runs functions of the node's own program, each in a goroutine,
// [Exec] runs programs, [Remote] watches agents that run themselves. Agents that take long to
// begin can have [Warm] entries: workers that are prepared before a member needs one, and
// are reset for the next when it has ended.
//
// What the caller owes: a Report that returns soon; [Supervisor.Close].
package agentpool
