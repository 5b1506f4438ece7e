package wal

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"roster/shard/logstore/wal/format"
)

// valueMax bounds a named value: a segment begins with all of them.
const valueMax = 64 << 10

// The names under which Raft keeps its vote. It writes the term first and then, in a
// call of its own, the candidate.
const (
	voteTerm      = "LastVoteTerm"
	voteCandidate = "LastVoteCand"
)

// Set stores a named value and returns when it is safe; but a vote's term waits in
// memory for its candidate, and both are written as one record. Raft answers a
// candidate only after the second call, so half a vote was never given: a crash between
// the two leaves the vote before, and no other node has heard of this one. With two
// records a crash could leave the new term beside the old candidate.
func (h *Group) Set(key, content []byte) error {
	if err := h.usable(); err != nil {
		return err
	}
	if len(key) > keyMax || len(content) > valueMax {
		return fmt.Errorf("value %.40q of %d bytes: a name has at most %d, a value %d", key, len(content), keyMax, valueMax)
	}
	content = slices.Clone(content)
	h.vote.Lock()
	values := []format.Value{{Key: string(key), Bytes: content}}
	switch {
	case string(key) == voteTerm:
		h.vote.term = content
		h.vote.Unlock()
		return nil
	case string(key) == voteCandidate && h.vote.term != nil:
		values = []format.Value{{Key: voteTerm, Bytes: h.vote.term}, values[0]}
	}
	h.vote.Unlock()
	if err := h.setAll(values); err != nil {
		return err
	}
	h.vote.Lock()
	if len(values) == 2 {
		h.vote.term = nil
	}
	h.vote.Unlock()
	return nil
}

// setAll leaves out a write that changes nothing: what shows is safe already.
func (h *Group) setAll(values []format.Value) error {
	g := h.group
	g.mu.RLock()
	same := !slices.ContainsFunc(values, func(v format.Value) bool {
		old, ok := g.mu.values[v.Key]
		return !ok || !bytes.Equal(old, v.Bytes)
	})
	g.mu.RUnlock()
	if same {
		return nil
	}
	return g.log.write(op{group: g, kind: format.KindValues, values: values}, format.ValuesSize(values))
}

// Get returns a named value; ok is false when it was never set.
func (h *Group) Get(key []byte) (content []byte, ok bool, err error) {
	if err := h.usable(); err != nil {
		return nil, false, err
	}
	h.vote.Lock()
	defer h.vote.Unlock()
	if string(key) == voteTerm && h.vote.term != nil {
		return slices.Clone(h.vote.term), true, nil
	}
	h.group.mu.RLock()
	defer h.group.mu.RUnlock()
	content, ok = h.group.mu.values[string(key)]
	return slices.Clone(content), ok, nil
}

// sorted returns the values by name; the lock is held.
func (g *group) sorted() []format.Value {
	values := make([]format.Value, 0, len(g.mu.values))
	for key, content := range g.mu.values { // order-free: sorted below
		values = append(values, format.Value{Key: key, Bytes: content})
	}
	slices.SortFunc(values, func(a, b format.Value) int { return strings.Compare(a.Key, b.Key) })
	return values
}
