package fsm

import (
	"fmt"

	"roster"
)

// crew returns the i-th of many agents: one in ten plans, one in a hundred is gold.
func crew(i int) roster.Agent {
	role, tier := "translate", "silver"
	if i%10 == 0 {
		role = "plan"
	}
	if i%100 == 0 {
		tier = "gold"
	}
	return roster.Agent{
		ID:           roster.AgentID(fmt.Sprintf("demo/%s-%06d", role, i)),
		Capabilities: []roster.Capability{{Name: role, Version: "1", Attributes: roster.Map{}}},
		Labels:       roster.Map{{Key: "tier", Value: tier}, {Key: "zone", Value: fmt.Sprintf("z%d", i%7)}},
		Endpoints:    []roster.Endpoint{{Name: "http", URL: "http://10.0.0.1:8080/"}},
		Description:  "an agent of the fleet",
		Metadata:     roster.Map{},
	}
}

// fill registers the first n agents of the fleet.
func fill(m *Machine, n int) {
	for from := 0; from < n; from += roster.EntryOpsMax {
		e := roster.Entry{Shard: m.shard, At: m.now, Wall: 1}
		for i := from; i < min(n, from+roster.EntryOpsMax); i++ {
			e.Ops = append(e.Ops, roster.Op{Command: roster.Register{Agent: crew(i), Mode: roster.ModePut}})
		}
		m.Apply(e)
	}
}
