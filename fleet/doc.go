// Package fleet holds the nouns of what is run: a [Fleet] is a number of agents of one
// [Spec], its members; a [Run] is one member on its way through life. It is pure.
//
// A fleet and its members, "namespace/fleet~0" and on, live in one shard. An operator
// proposes [Set], [Scale], [Drop] and [Recall]; the shard's leader proposes [Place] where
// a plan puts a member on a node, and that node proposes [Report] with what became of it:
//
//	            Place             Report             Recall
//	registered ───────▶ starting ───────▶ running ───────────▶ stopping ──▶ registered
//	    ▲                  │ refused         │ failed   │ scaled away
//	    ├──────────────────┘                 ▼          ▼
//	    └──────── after a pause ────────── failed    retiring ──▶ (gone)
//
// Each change of hands draws a new epoch, so that who was taken off the node acts under an
// old one, which every shard refuses. What these commands do is in package fsm/fleets.
//
// What the caller owes: the router validates a Set before it proposes it, filters included.
package fleet
