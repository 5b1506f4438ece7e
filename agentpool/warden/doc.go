// Package warden looks after memory while agents run: it measures what they and their node
// take, has package memory decide, does what that says, and writes down what came of it.
//
//	Pool.Watched, Gauge, Meter ──▶ figures ──▶ memory.Judge, State.Next ──▶ Pool.Ask, End, Move
//	                                      the next figures ──▶ outcome ──▶ log, Actions
//
// An agent that is a function counts by what it says of itself, and by what waits in its
// mailbox; a program by what the kernel says of its process group. One that has said nothing
// and is no program is not looked at, and costs nothing.
//
// What an agent does about being asked is its own business. One above its hard limit is
// ended: told to stop, and by force if the next look finds it above still.
//
// What the caller owes: [Warden.Run], and a Pool that answers soon.
package warden
