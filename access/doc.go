// Package access decides who may do what: the verbs, the rules that a token carries, and
// the one question that doors ask, [Policy.Allow].
//
// A rule is a verb and a namespace: "read:payments", "write:team-*", "admin". The verbs
// are steps: write includes read, because the answer to a write shows the agent, and
// admin includes both. What no rule allows is denied.
//
// A token is a secret of 256 random bits, written as "rst_" and base64url. It is shown to
// its holder once; everybody else keeps [Hash].
//
// What the caller owes: namespaces that are valid, or that do not exist and are denied
// all the same; and, for [NewSecret], bits that nobody can guess.
package access
