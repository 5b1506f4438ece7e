// Package probe looks after members of fleets as their specs ask: it knocks at their
// endpoints, or listens whether they say something, and judges how well they are.
//
//	Target ──▶ Prober.Keep ──▶ Outcome, Outcome, … ──▶ Window ──▶ roster.Health
//
// A [Prober] serves a whole node: at most so many probes are under way at a time, and they
// are spread over the interval by the members' ids. [Window.Judge] is a function of what was
// seen: the same outcomes make the same health, whoever looks.
//
// After a probe that failed the next ones come twice as fast until it is sure: a member whose
// endpoint dies is critical within three intervals, if Failures is 3, Timeout at most half of
// Every, and a slot is free. All of that holds by default.
//
// What the caller owes: to end the context of each Keep.
package probe
