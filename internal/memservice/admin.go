package memservice

import (
	"context"
	"io"
	"time"

	"roster"
	"roster/backup"
	"roster/fsm"
)

// name is what the one member is called.
const name = "memory"

// Members lists the one member.
func (s *Service) Members(context.Context) ([]roster.Member, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := roster.Member{ID: Node, Name: name, State: roster.NodeAlive, ReaderOf: []roster.ShardID{}, Version: name}
	for _, sh := range s.mu.shards {
		m.LeaderOf = append(m.LeaderOf, sh.machine.Shard())
	}
	m.VoterOf = m.LeaderOf
	return []roster.Member{m}, nil
}

// Shards lists the shards, all led by the one member.
func (s *Service) Shards(context.Context) ([]roster.ShardStatus, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]roster.ShardStatus, len(s.mu.shards))
	for i, sh := range s.mu.shards {
		out[i] = roster.ShardStatus{ID: sh.machine.Shard(), Leader: Node, Term: 1, Index: sh.machine.Index(),
			Voters: []roster.NodeID{Node}, Readers: []roster.NodeID{}, Agents: sh.machine.View().Agents()}
	}
	return out, nil
}

// Status sums up.
func (s *Service) Status(context.Context) (roster.NodeStatus, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	status := roster.NodeStatus{Cluster: name, Node: Node, Version: name, Ready: !s.mu.left, Insecure: true,
		Durability: roster.DurabilityNone, Members: 1, Shards: len(s.mu.shards)}
	for _, sh := range s.mu.shards {
		status.Agents += sh.machine.View().Agents()
	}
	return status, nil
}

// Ready is true until the member has left.
func (s *Service) Ready(context.Context) ([]roster.Check, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	check := roster.Check{Name: "member", OK: !s.mu.left, Detail: "one member, in memory"}
	if s.mu.left {
		check.Detail = "it has left"
	}
	return []roster.Check{check}, nil
}

// Join finds nobody: there is no network.
func (s *Service) Join(_ context.Context, addresses []string) (int, error) {
	if len(addresses) == 0 {
		return 0, roster.Invalid("addresses", "want at least one address")
	}
	return 0, roster.Errorf(roster.CodeUnavailable, "nobody answers at %s", addresses[0])
}

// MigrateStore is refused: nothing is on a disk.
func (s *Service) MigrateStore(_ context.Context, to string) (roster.StoreMoves, error) {
	if to != "shared" && to != "bolt" {
		return roster.StoreMoves{}, roster.Invalid("to", "want shared or bolt")
	}
	return roster.StoreMoves{}, roster.Errorf(roster.CodeRefused, "this cluster keeps nothing on disk (durability none)")
}

// Backup writes an archive of all shards, which are cut at one instant here.
func (s *Service) Backup(_ context.Context, w io.Writer) error {
	return backup.Write(w, backup.Manifest{Cluster: name, ClusterID: name, Version: name, Time: time.Now().UTC(), MapVersion: 1}, s.capture())
}

func (s *Service) capture() []backup.Part {
	s.mu.Lock()
	defer s.mu.Unlock()
	machines := []*fsm.Machine{s.mu.system}
	for _, sh := range s.mu.shards {
		machines = append(machines, sh.machine)
	}
	parts := make([]backup.Part, len(machines))
	for i, m := range machines {
		state := m.View().Snapshot()
		parts[i] = backup.Part{Shard: backup.Shard{ID: m.Shard(), Index: state.Index(), Term: 1, Agents: m.View().Agents()}, State: state}
	}
	return parts
}

// Drain is refused: there is nobody else to vote.
func (s *Service) Drain(_ context.Context, id roster.NodeID, on bool) error {
	switch {
	case id != Node:
		return roster.Errorf(roster.CodeNotFound, "no node has the id %s", id)
	case on:
		return roster.Errorf(roster.CodeRefused, "%s is the only node", Node)
	}
	return nil
}

// ForceLeave is refused: the one member lives.
func (s *Service) ForceLeave(_ context.Context, id roster.NodeID) error {
	if id != Node {
		return roster.Errorf(roster.CodeNotFound, "no node has the id %s", id)
	}
	return roster.Errorf(roster.CodeRefused, "node %s lives", id)
}

// Prune is refused as ForceLeave is.
func (s *Service) Prune(ctx context.Context, id roster.NodeID) error { return s.ForceLeave(ctx, id) }

// Moves lists nothing: nobody moves.
func (s *Service) Moves(context.Context) (roster.MovePlan, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return roster.MovePlan{Paused: s.mu.paused, Readers: s.mu.readers, Moves: []roster.Move{}}, nil
}

// SetLayout notes it.
func (s *Service) SetLayout(_ context.Context, l roster.Layout) error {
	if err := l.Validate(); err != nil || l.Readers == nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.readers = *l.Readers
	return nil
}

// PauseMoves notes it.
func (s *Service) PauseMoves(_ context.Context, paused bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.paused = paused
	return nil
}

// Leave is refused unless force, because the member votes. It goes on answering.
func (s *Service) Leave(_ context.Context, force bool) error {
	if !force {
		return roster.Errorf(roster.CodeRefused, "%s votes in every shard: it leaves only by force", Node)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.left = true
	return nil
}
