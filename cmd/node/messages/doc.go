// Package messages holds the subcommands by which people and agents speak to agents:
// messages send, cast, receive, reply and mailbox.
//
// Who calls as an agent has ROSTER_AGENT, ROSTER_EPOCH and ROSTER_SECRET in his environment,
// as the driver exec sets them. There is no flag for the secret: arguments are for all to see.
//
// What the caller owes: [Options], by which they reach the cluster as the other
// subcommands do.
package messages
