package afar

import (
	"context"
	"encoding/json"

	"roster"
	"roster/fleet"
	"roster/fsm"
	"roster/shard"
)

// Fleets returns one fleet of a shard, or, with a pattern of namespaces, those that it names,
// by id; members are counted.
func (a *Afar) Fleets(ctx context.Context, id roster.ShardID, one fleet.ID, namespaces string, r roster.Read) (all []fleet.State, seen Seen, err error) {
	for {
		x, err := a.ask(ctx, id, methodFleets, question{Fleet: one, Namespaces: namespaces, Read: r})
		if err != nil {
			return nil, seen, err
		}
		if len(all) == 0 {
			seen = x.seen
		}
		var part []fleet.State
		if err := json.Unmarshal([]byte(x.text), &part); err != nil {
			return nil, seen, err
		}
		all = append(all, part...)
		if x.more == 0 || len(part) == 0 {
			return all, seen, nil
		}
		one = part[len(part)-1].ID
	}
}

// serveFleets answers with as many fleets as an answer has, one at least.
func serveFleets(g *shard.Group, q question) ([]byte, error) {
	x := &answer{}
	var all []fleet.State
	seen, err := g.View(func(v *fsm.View) error {
		if q.Namespaces != "" {
			all = v.Fleets().List(q.Namespaces)
		} else if s, ok := v.Fleets().Counted(q.Fleet); ok {
			all = []fleet.State{s}
		}
		return nil
	})
	if err == nil {
		err = unripe(g, seen)
	}
	if err != nil {
		return nil, err
	}
	x.seen = Seen{Index: seen.Index, Age: seen.Age}
	text := []byte("[")
	for _, s := range all {
		if q.Namespaces != "" && s.ID <= q.Fleet {
			continue
		}
		b, err := json.Marshal(s)
		if err != nil {
			return nil, err
		}
		if len(text) > 1 {
			if len(text)+len(b) > answerMax {
				x.more = 1
				break
			}
			text = append(text, ',')
		}
		text = append(text, b...)
	}
	x.text = string(append(text, ']'))
	return x.encode()
}
