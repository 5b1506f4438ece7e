package placement

import "roster"

// Resources is what an agent needs, or what a node has.
type Resources struct {
	CPU    int64 // thousandths of a core
	Memory int64 // bytes
}

// Add returns the sum of r and other.
func (r Resources) Add(other Resources) Resources {
	return Resources{r.CPU + other.CPU, r.Memory + other.Memory}
}

// Sub returns r less other.
func (r Resources) Sub(other Resources) Resources {
	return Resources{r.CPU - other.CPU, r.Memory - other.Memory}
}

// Where says on which nodes an agent may run, and on which it should. Filters are those
// of package query, over nodes: id and node are the node's id, labels its labels.
type Where struct {
	// Filter must hold for the node; "" holds for all.
	Filter string `json:"filter,omitempty"`
	// Prefer draws agents to nodes and away from them; at most PreferMax.
	Prefer []Preference `json:"prefer,omitempty"`
	// Spread keeps the members of a fleet apart; at most SpreadMax.
	Spread []Spread `json:"spread,omitempty"`
	// PerNodeMax is how many members of the fleet one node may run; 0: any number.
	PerNodeMax int `json:"per_node_max,omitempty"`
}

// Preference is a wish. A weight of WeightMax is worth as much as the whole difference
// between the best and the worst node of a policy.
type Preference struct {
	Filter string `json:"filter"`
	Weight int    `json:"weight"` // -WeightMax to WeightMax, not 0
}

// Spread evens out how many members of a fleet run on the nodes of each value of a label;
// nodes without it are one value.
type Spread struct {
	Label string `json:"label"` // "": each node is a value of its own
	// SkewMax is how many more members a value may have than the one with the fewest; 0
	// makes the spread a wish.
	SkewMax int `json:"skew_max,omitempty"`
}

// Bounds of a Where.
const (
	PreferMax = 16
	SpreadMax = 4
	WeightMax = 100
)

// Validate reports an Invalid error. Filters are checked by [Need.Check].
func (w Where) Validate() error {
	switch {
	case len(w.Prefer) > PreferMax:
		return roster.Invalid("prefer", "%d preferences; at most %d", len(w.Prefer), PreferMax)
	case len(w.Spread) > SpreadMax:
		return roster.Invalid("spread", "%d spreads; at most %d", len(w.Spread), SpreadMax)
	case w.PerNodeMax < 0:
		return roster.Invalid("per_node_max", "%d: want 0 or more", w.PerNodeMax)
	}
	for _, p := range w.Prefer {
		if p.Weight == 0 || p.Weight < -WeightMax || p.Weight > WeightMax {
			return roster.Invalid("prefer", "a weight of %d: want 1 to %d, or less than 0 to avoid", p.Weight, WeightMax)
		}
	}
	for _, s := range w.Spread {
		if s.SkewMax < 0 || len(s.Label) > roster.NodeTextMax {
			return roster.Invalid("spread", "a skew_max of %d under a label of %d bytes: want 0 or more, and at most %d bytes", s.SkewMax, len(s.Label), roster.NodeTextMax)
		}
	}
	return nil
}
