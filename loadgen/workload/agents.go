package workload

import (
	"fmt"
	"math/rand/v2"
	"sort"

	"roster"
)

// skillsMost is how many capabilities there are at most: a find by one then shows
// population/skillsMost agents, at least one.
const skillsMost = 500

// agent returns agent number i of a namespace: about 250 bytes of text.
func agent(namespace, prefix string, i uint64) roster.Agent {
	return roster.Agent{
		ID: roster.AgentID(fmt.Sprintf("%s/%s-%07d", namespace, prefix, i)),
		Capabilities: []roster.Capability{
			{Name: skill(i), Version: "1.2", Attributes: roster.Map{{Key: "lang", Value: "de"}}},
			{Name: "summarise", Version: "2.0"},
		},
		Labels:      roster.Map{{Key: "region", Value: fmt.Sprintf("eu-%d", i%7)}, {Key: "tier", Value: "gold"}},
		Endpoints:   []roster.Endpoint{{Name: "http", URL: fmt.Sprintf("http://10.%d.%d.%d:8080/v1/act", i>>16&255, i>>8&255, i&255)}},
		Description: "Reads what others wrote and says in two sentences what it was about",
		Metadata:    roster.Map{{Key: "owner", Value: "team-of-the-north"}, {Key: "repository", Value: "https://git.example/agents/load"}},
	}.Canonical()
}

func skill(i uint64) string { return fmt.Sprintf("skill-%03d", i%skillsMost) }

// keys draws which agent of a population an operation is about.
type keys struct {
	count int
	upTo  []float64 // by rank: the probability of that rank or a lower one; nil: all alike
}

// newKeys returns keys that all come alike, or, with an exponent, after Zipf's law:
// the one of rank k as often as 1/k^exponent.
func newKeys(count int, exponent int) keys {
	if exponent == 0 {
		return keys{count: count}
	}
	upTo, sum := make([]float64, count), 0.0
	for k := range upTo {
		weight := 1.0
		for range exponent {
			weight /= float64(k + 1)
		}
		sum += weight
		upTo[k] = sum
	}
	for k := range upTo {
		upTo[k] /= sum
	}
	return keys{count, upTo}
}

func (k keys) draw(r *rand.Rand) uint64 {
	if k.upTo == nil {
		return uint64(r.IntN(k.count))
	}
	return uint64(min(sort.SearchFloat64s(k.upTo, r.Float64()), k.count-1))
}
