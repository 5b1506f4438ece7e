// Package post brings messages to the mailboxes of agents, wherever those are: any node
// takes a message, and gives an agent what is in its mailbox.
//
//	Send ──▶ where does the agent live? ──▶ its node: put ──▶ box ──▶ Receive
//	  ▲                                                                  │
//	  └────────── the node that was asked ◀───────── Reply ◀─────────────┘
//
// The mailbox of an agent that is placed is on its node; that of one that runs itself is on
// the leader of its shard. A node that finds that an agent lives elsewhere hands its mailbox
// over ([Post.Run]). Boxes are memory: what is in them is lost with their node.
//
// Who calls as an agent proves it (package acting): by the secret that its node gave to its
// activation, which that node alone knows, or the one of its registration.
//
// What the caller owes: [Post.Run] and [Post.Close]; to pass the methods that [Methods]
// names to [Post.Serve].
package post
