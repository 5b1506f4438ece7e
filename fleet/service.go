package fleet

import (
	"context"

	"roster"
	"roster/placement"
)

// Service is the part of the contract that is about what is run. Changes go through
// roster.Service.Do. A node and the HTTP client implement it.
type Service interface {
	Hosted
	// Fleet returns one fleet with its members counted, or NotFound.
	Fleet(ctx context.Context, id ID, r roster.Read) (State, roster.Stamp, error)
	// Fleets lists the fleets of the namespaces that a pattern names, by id; see
	// roster.MatchNamespace.
	Fleets(ctx context.Context, namespaces string) ([]State, error)
	// Explain says why a member is where it is, and what speaks for and against every
	// node. NotFound for an agent that is run by nobody.
	Explain(ctx context.Context, id roster.AgentID) (Explanation, error)
	// Loads tells what the nodes have for agents, and how much of it is taken, by id. A node
	// that does not answer in time is not in the list.
	Loads(ctx context.Context) ([]NodeLoad, error)
	// Output returns the end of what a member has printed on the node where it is, at most so
	// many bytes, up to OutputMax. NotFound when it has no node or has printed nothing there,
	// Refused when its node keeps no output.
	Output(ctx context.Context, id roster.AgentID, most int) (Output, error)
}

// OutputMax bounds what is shown of an agent's output, in bytes; OutputDefault is how much
// that is unless somebody says it.
const (
	OutputMax     = 1 << 20
	OutputDefault = 64 << 10
)

// Output is the end of what an agent has printed.
type Output struct {
	Agent roster.AgentID `json:"agent"`
	Node  roster.NodeID  `json:"node"`
	Text  string         `json:"text"` // what is no UTF-8 is replaced
}

// NodeLoad is what one node has for agents, and what of it is taken. Both are soft state.
type NodeLoad struct {
	Node      roster.NodeID       `json:"node"`
	Total     placement.Resources `json:"total"` // without memory: it has no bound
	Used      placement.Usage     `json:"used"`  // set aside for what is placed there
	AgentsMax int                 `json:"agents_max"`
	Busy      int64               `json:"busy"` // thousandths of its cores, by whatever runs there
	Drivers   []string            `json:"drivers"`
	Entries   []string            `json:"entries"`
}

// Explanation is why a member is where it is.
type Explanation struct {
	Agent  roster.AgentID   `json:"agent"`
	Node   roster.NodeID    `json:"node"`
	Status roster.Status    `json:"status"`
	Epoch  roster.Epoch     `json:"epoch"`
	Policy placement.Policy `json:"policy"`
	Run
	// Now is what a plan would say at this moment, as if the member had no node.
	Now   roster.NodeID `json:"now"`
	Nodes []Verdict     `json:"nodes"`
}

// Verdict is what speaks for or against one node.
type Verdict struct {
	Node   roster.NodeID `json:"node"`
	Fits   bool          `json:"fits"`
	Why    string        `json:"why"`
	Points int64         `json:"points"`
}
