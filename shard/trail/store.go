package trail

import "github.com/hashicorp/raft"

// store is a log whose compaction stops where a follower still needs the entries.
type store struct {
	raft.LogStore
	trail *Trail
}

// Over returns a log over another, as Raft is to use it.
func (t *Trail) Over(s raft.LogStore) raft.LogStore { return &store{s, t} }

// StoreLog stores an entry.
func (s *store) StoreLog(log *raft.Log) error { return s.StoreLogs([]*raft.Log{log}) }

// StoreLogs stores entries.
func (s *store) StoreLogs(logs []*raft.Log) error {
	s.trail.wrote(logs)
	return s.LogStore.StoreLogs(logs)
}

// DeleteRange deletes entries. What reaches to the end of the log is no compaction but
// entries that another leader contradicts: nobody needs those.
func (s *store) DeleteRange(low, high uint64) error {
	last, err := s.LastIndex()
	if err != nil {
		return err
	}
	if from := s.trail.keep(last); from > 0 && high < last && high >= from {
		high = from - 1
	}
	if high < low {
		return nil
	}
	return s.LogStore.DeleteRange(low, high)
}
