package offline

import (
	"errors"

	"github.com/hashicorp/raft"

	"roster"
)

// Voters returns who votes in a shard by the latest configuration that is there, committed
// or not.
func (f *Files) Voters(id roster.ShardID) (voters []roster.NodeID, err error) {
	s, err := f.open(id)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.log.Close()) }()
	members, err := s.members()
	for _, m := range members.Servers {
		if m.Suffrage == raft.Voter {
			voters = append(voters, roster.NodeID(m.ID))
		}
	}
	return voters, err
}

// members returns the latest configuration: that of the log's last change, else the
// snapshot's.
func (s *shard) members() (members raft.Configuration, err error) {
	newest, from, last, err := s.extent()
	if err != nil {
		return members, err
	}
	for i := last.Index; i >= from; i-- {
		var entry raft.Log
		if err := s.log.GetLog(i, &entry); err != nil {
			return members, err
		}
		if entry.Type == raft.LogConfiguration {
			return raft.DecodeConfiguration(entry.Data), nil
		}
	}
	if newest != nil {
		members = newest.Configuration
	}
	return members, nil
}
