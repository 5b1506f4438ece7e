package placement

import "roster"

// World is what a plan is made from.
type World struct {
	Nodes  []Node
	Agents []Agent
	// Seed tells equals apart; planners that see different agents take different ones.
	Seed uint64
}

// State says whether a node takes agents.
type State uint8

// The states of a node.
const (
	Ready    State = iota
	Draining       // runs what it has, until that has gone elsewhere
	Down           // runs nothing
	Silent         // runs what it has, and does not say what it has room for
)

// Node is where agents can run.
type Node struct {
	ID     roster.NodeID
	State  State
	Labels roster.Map
	// Drivers are those that it allows, Entries the entry points that it offers, such as
	// functions that its program has registered.
	Drivers, Entries []string
	Total            Resources
	AgentsMax        int // 0: as many as fit
	// Others is what runs on it beside the agents of the World.
	Others Usage
	// Busy is its CPU as measured, in thousandths of all its cores; 0 where not known.
	Busy int64
}

// Usage is what agents take.
type Usage struct {
	Resources
	Agents int
}

// Agent is one agent, placed or not.
type Agent struct {
	ID   roster.AgentID
	Need *Need         // not nil
	Node roster.NodeID // "" while it has none
	Shun []roster.NodeID
	// Urgent: it ran before, and a busy node is better than none.
	Urgent bool
}

// Need is what an agent asks for.
type Need struct {
	Resources     Resources
	Driver, Entry string // "": any
	Where         Where
	Priority      int // larger ones are placed first
}

// Policy says which of the nodes that fit is the best.
type Policy string

// The policies.
const (
	Hash     Policy = "hash"     // by hash of agent and node: the same node again, whatever the load
	Least    Policy = "least"    // the one with the most room
	Two      Policy = "two"      // the one with more room of two that a hash names
	Balanced Policy = "balanced" // room, and CPU and memory used alike
	Apart    Policy = "apart"    // the fewest members of the fleet, then the most room
	Pack     Policy = "pack"     // the fullest, so that others can go
)

// Policies lists every Policy.
var Policies = []Policy{Hash, Least, Two, Balanced, Apart, Pack}

// How busy a node may be, in thousandths of its CPU.
const (
	BusyGood = 700 // below this a node comes before all others
	BusyMax  = 850 // from here on it gets nothing new
	BusyMore = 800 // when all nodes are beyond, more are asked for
)
