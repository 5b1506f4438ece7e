package memory

import "time"

// Rules say when a node is short of memory, and how fast what is done. The source of their
// numbers is the list of pressure rules (S51, with S47 and S91) in the project's feature
// table: three triggers, a total above 3.5 GB, collections above 30 an hour, an efficiency
// below 25 %; two actions in their order, reclaim and then the oldest agents; a pressure
// lasts 120 s at most.
type Rules struct {
	// High and Low are thousandths of the node's memory: it is short above High, until it is
	// down to Low.
	High, Low int
	// Collecting is the share of its CPU time, in thousandths, that a node spends on garbage
	// when it is strained: counted collections say nothing of a program that collects every
	// two minutes at rest, which are 30 an hour.
	Collecting int
	// Efficiency is how much of the memory that a node's process has taken is in use, in
	// thousandths, below which it is strained.
	Efficiency int
	// Patience is how long reclaiming may take before agents are stopped.
	Patience time.Duration
	// Settle is how long agents that were told to stop may take before more are.
	Settle time.Duration
	// Again is how long it takes until memory is reclaimed once more.
	Again time.Duration
	// AskMax bounds the agents that are asked in a round.
	AskMax int
	// StopMax bounds the agents that are stopped in a round, or StopShare does, in thousandths
	// of those that could be, where that is more: many small ones take as long as few large ones.
	StopMax, StopShare int
}

// Default returns the rules of a node that says nothing: 3.5 of 4 GB is High. Settle is
// longer than the grace of a spec that says nothing. At their pace a node can stop 32 agents
// within the 120 s, or two thirds of very many.
func Default() Rules {
	return Rules{High: 875, Low: 750, Collecting: 250, Efficiency: 250, Patience: 5 * time.Second, Settle: 15 * time.Second, Again: 30 * time.Second,
		AskMax: 64, StopMax: 4, StopShare: 125}
}
