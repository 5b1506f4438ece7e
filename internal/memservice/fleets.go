package memservice

import (
	"context"

	"roster"
	"roster/fleet"
)

var _ fleet.Service = (*Service)(nil)

// Fleet returns one fleet.
func (s *Service) Fleet(_ context.Context, id fleet.ID, _ roster.Read) (fleet.State, roster.Stamp, error) {
	if err := id.Validate(); err != nil {
		return fleet.State{}, roster.Stamp{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	shard := s.shardOf(id.Key())
	v := s.shard(shard).machine.View()
	state, ok := v.Fleets().Counted(id)
	stamp := roster.Stamp{Shard: shard, Index: v.Index()}
	if !ok {
		return state, stamp, &roster.Error{Code: roster.CodeNotFound, Shard: shard, Index: v.Index(), Detail: "there is no fleet " + string(id)}
	}
	return state, stamp, nil
}

// Fleets lists fleets.
func (s *Service) Fleets(_ context.Context, namespaces string) ([]fleet.State, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := []fleet.State{}
	for _, sh := range s.mu.shards {
		all = append(all, sh.machine.View().Fleets().List(namespaces)...)
	}
	return all, nil
}

// Explain says that a member waits: there is no node that runs anything.
func (s *Service) Explain(_ context.Context, id roster.AgentID) (fleet.Explanation, error) {
	if err := id.Validate(); err != nil {
		return fleet.Explanation{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.shard(s.shardOf(id.Key())).machine.View().Fleets()
	run, ok := v.Run(id)
	r, there := v.Roll.Get(id)
	if !ok || !there {
		return fleet.Explanation{}, roster.Errorf(roster.CodeNotFound, "no fleet runs %s", id)
	}
	of, _, _ := fleet.Of(id)
	state, _ := v.Fleet(of)
	return fleet.Explanation{Agent: id, Node: r.Node, Status: r.Status, Epoch: r.Epoch, Policy: state.Rule(), Run: run, Nodes: []fleet.Verdict{}}, nil
}

// Loads knows no node that runs anything.
func (s *Service) Loads(context.Context) ([]fleet.NodeLoad, error) { return []fleet.NodeLoad{}, nil }

// Output knows nothing: nobody runs here.
func (s *Service) Output(_ context.Context, id roster.AgentID, _ int) (fleet.Output, error) {
	if err := id.Validate(); err != nil {
		return fleet.Output{}, err
	}
	return fleet.Output{}, roster.Errorf(roster.CodeNotFound, "%s runs on no node at the moment", id)
}
