// Package daemon runs nodes: one by its settings, as "roster node" does, or a whole
// cluster in this process, as "roster dev" does.
//
// A node's settings come from flags, before the environment, before a YAML file,
// before the defaults; everything that is wrong with them is one [ConfigError]. The
// HTTP server listens before its node opens, so that its address can be advertised
// and probes are answered meanwhile, and stops before its node closes.
//
// What the caller owes: a context that ends when the user wants the end, and nothing
// after that: [Run] and [Dev.Run] return when what they started has stopped.
package daemon
