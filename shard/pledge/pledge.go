package pledge

import (
	"bytes"
	"cmp"

	"github.com/hashicorp/raft"

	"roster/shard/logstore"
)

// The keys under which Raft keeps its values.
const (
	keyTerm     = "CurrentTerm"
	keyVoteTerm = "LastVoteTerm"
	keyVote     = "LastVoteCand"
)

// Pledge is what a server has promised. The zero Pledge is nothing.
type Pledge struct {
	Term     uint64 `json:"term"`
	VoteTerm uint64 `json:"vote_term"`
	Vote     []byte `json:"vote"`
	// Index and IndexTerm are the last entry of its log.
	Index     uint64 `json:"index"`
	IndexTerm uint64 `json:"index_term"`
}

// Of reads the pledge of a server whose Raft has ended.
func Of(store logstore.Store, snaps raft.SnapshotStore) (p Pledge, err error) {
	var faults [3]error
	p.Term, faults[0] = number(store, keyTerm)
	p.VoteTerm, faults[1] = number(store, keyVoteTerm)
	if p.Vote, faults[2] = store.Get([]byte(keyVote)); absent(faults[2]) {
		p.Vote, faults[2] = nil, nil
	}
	if err := cmp.Or(faults[0], faults[1], faults[2]); err != nil {
		return Pledge{}, err
	}
	p.Vote = bytes.Clone(p.Vote)
	p.Index, p.IndexTerm, err = last(store, snaps)
	return p, err
}

func number(store raft.StableStore, key string) (uint64, error) {
	n, err := store.GetUint64([]byte(key))
	if absent(err) {
		return 0, nil
	}
	return n, err
}

// absent reports whether a store has no such key; stores say that in words alone.
func absent(err error) bool { return err != nil && err.Error() == "not found" }

// last returns the last entry of a log, or that of the newest snapshot where there is none.
func last(store raft.LogStore, snaps raft.SnapshotStore) (index, term uint64, err error) {
	if index, err = store.LastIndex(); err != nil {
		return 0, 0, err
	}
	all, err := snaps.List()
	if err != nil {
		return 0, 0, err
	}
	if len(all) > 0 && all[0].Index >= index {
		return all[0].Index, all[0].Term, nil
	}
	if index == 0 {
		return 0, 0, nil
	}
	var entry raft.Log
	err = store.GetLog(index, &entry)
	return index, entry.Term, err
}

// With returns what keeps both pledges.
func (p Pledge) With(other Pledge) Pledge {
	if other.Term > p.Term {
		p.Term = other.Term
	}
	if other.VoteTerm > p.VoteTerm {
		p.VoteTerm, p.Vote = other.VoteTerm, other.Vote
	}
	if !p.upTo(other.IndexTerm, other.Index) {
		return p
	}
	p.Index, p.IndexTerm = other.Index, other.IndexTerm
	return p
}

// upTo reports whether a log that ends so is at least as up to date as the one given up.
func (p Pledge) upTo(term, index uint64) bool {
	return term > p.IndexTerm || term == p.IndexTerm && index >= p.Index
}

// Restore gives a store that knows less of terms and votes what was promised.
func (p Pledge) Restore(store raft.StableStore) error {
	term, err := number(store, keyTerm)
	if err != nil || term >= p.Term {
		return err
	}
	voted, err := number(store, keyVoteTerm)
	if err != nil {
		return err
	}
	if p.VoteTerm > voted { // the vote before the term in which it counts
		if err := store.Set([]byte(keyVote), p.Vote); err != nil {
			return err
		}
		if err := store.SetUint64([]byte(keyVoteTerm), p.VoteTerm); err != nil {
			return err
		}
	}
	return store.SetUint64([]byte(keyTerm), p.Term)
}
