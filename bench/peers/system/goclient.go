package system

import (
	"context"
	"encoding/json"

	"roster"
	"roster/client"
)

// clientStore speaks through Roster's Go client, as a program of a user does: it makes
// JSON of agents and agents of JSON.
type clientStore struct{ clients []*client.Client }

func (s *clientStore) client(caller int) *client.Client { return s.clients[caller%len(s.clients)] }

func registration(item Item) (roster.Register, error) {
	r := roster.Register{Mode: roster.ModePut}
	return r, json.Unmarshal(item.Value, &r.Agent)
}

// Put implements Store.
func (s *clientStore) Put(ctx context.Context, caller int, item Item) error {
	r, err := registration(item)
	if err != nil {
		return err
	}
	_, _, err = s.client(caller).Register(ctx, r)
	return err
}

// PutBatch implements Store.
func (s *clientStore) PutBatch(ctx context.Context, caller int, items []Item) error {
	batch := make([]roster.Register, len(items))
	for i, item := range items {
		var err error
		if batch[i], err = registration(item); err != nil {
			return err
		}
	}
	results, _, err := s.client(caller).RegisterBatch(ctx, batch)
	if err != nil {
		return err
	}
	for _, result := range results {
		if result.Err != nil {
			return result.Err
		}
	}
	return nil
}

// Get implements Store. What it returns is the mark of the record alone.
func (s *clientStore) Get(ctx context.Context, caller int, id string, level Level) ([]byte, error) {
	read := roster.Read{Level: roster.ReadLocal}
	if level == Linearizable {
		read.Level = roster.ReadLinearizable
	}
	got, _, err := s.client(caller).Lookup(ctx, roster.AgentID(id), read)
	if err != nil {
		return nil, err
	}
	mark, _ := got.Metadata.Get("v")
	return []byte(mark), nil
}

// shardOf returns the shard in which a record lies.
func (s *clientStore) shardOf(ctx context.Context, id string) (roster.ShardID, error) {
	got, _, err := s.client(0).Lookup(ctx, roster.AgentID(id), roster.Read{Level: roster.ReadLinearizable})
	if err != nil {
		return 0, err
	}
	return got.Shard, nil
}

// Close implements Store.
func (s *clientStore) Close() {
	for _, c := range s.clients {
		c.Close()
	}
}
