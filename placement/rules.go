package placement

import (
	"slices"

	"roster"
	"roster/query"
)

// wishPoints is what a preference of weight 1 is worth, of the 1000 that lie between the
// best and the worst node of a policy.
const wishPoints = 1000 / WeightMax

// rules are what a Need asks of each node whatever runs there, by the node's number.
type rules struct {
	verdicts []Why
	wishes   []int64
	values   [][]int // for each spread, the number of the node's value
	counts   []int   // how many values each spread has
}

// rulesOf compiles a Need for the nodes.
func rulesOf(nodes []spot, n *Need) (*rules, error) {
	r := &rules{verdicts: make([]Why, len(nodes)), wishes: make([]int64, len(nodes))}
	if err := n.Where.Validate(); err != nil {
		return nil, err
	}
	must, err := compile("filter", n.Where.Filter)
	if err != nil {
		return nil, err
	}
	records := make([]roster.Record, len(nodes)) // the nodes as filters see them
	for i := range nodes {
		records[i] = roster.Record{Agent: roster.Agent{ID: roster.AgentID(nodes[i].ID), Labels: nodes[i].Labels}, Node: nodes[i].ID}
		r.verdicts[i] = judge(&nodes[i], n, must.Match(&records[i]))
	}
	for _, p := range n.Where.Prefer {
		wish, err := compile("prefer", p.Filter)
		if err != nil {
			return nil, err
		}
		for i := range nodes {
			if wish.Match(&records[i]) {
				r.wishes[i] += int64(p.Weight) * wishPoints
			}
		}
	}
	for _, s := range n.Where.Spread {
		values, count := valuesOf(nodes, s.Label)
		r.values, r.counts = append(r.values, values), append(r.counts, count)
	}
	return r, nil
}

// Check reports an Invalid error when the need makes no sense, filters included.
func (n *Need) Check() error {
	_, err := rulesOf(nil, n)
	return err
}

func compile(field, filter string) (*query.Compiled, error) {
	c, err := query.Compile(roster.Query{Filter: filter, AnyHealth: true})
	if err != nil {
		return nil, roster.Invalid(field, "%s: %v", filter, err)
	}
	return c, nil
}

// judge says whether a node is one that the agent could run on at all.
func judge(node *spot, n *Need, matches bool) Why {
	switch {
	case node.State == Down:
		return IsDown
	case node.State == Draining:
		return IsDraining
	case node.State == Silent:
		return IsSilent
	case n.Driver != "" && !slices.Contains(node.Drivers, n.Driver):
		return NoDriver
	case n.Entry != "" && !slices.Contains(node.Entries, n.Entry):
		return NoEntry
	case !matches:
		return Filtered
	}
	return Fits
}

// valuesOf numbers the values of a label over the nodes.
func valuesOf(nodes []spot, label string) (values []int, count int) {
	seen := make(map[string]int)
	for i := range nodes {
		value := string(nodes[i].ID)
		if label != "" {
			value, _ = nodes[i].Labels.Get(label)
		}
		number, ok := seen[value]
		if !ok {
			number = len(seen)
			seen[value] = number
		}
		values = append(values, number)
	}
	return values, len(seen)
}
