package wire

import "roster"

// MemberList answers who the members are.
type MemberList struct {
	Members []roster.Member `json:"members"`
}

// MembersOf returns members as they are shown: lists are never null.
func MembersOf(members []roster.Member) MemberList {
	out := MemberList{make([]roster.Member, len(members))}
	for i, m := range members {
		m.LeaderOf, m.VoterOf, m.ReaderOf = listed(m.LeaderOf), listed(m.VoterOf), listed(m.ReaderOf)
		out.Members[i] = m
	}
	return out
}

// ShardList answers how the shards stand.
type ShardList struct {
	Shards []roster.ShardStatus `json:"shards"`
}

// ShardsOf returns shards as they are shown: lists are never null.
func ShardsOf(shards []roster.ShardStatus) ShardList {
	out := ShardList{make([]roster.ShardStatus, len(shards))}
	for i, s := range shards {
		s.Voters, s.Readers = listed(s.Voters), listed(s.Readers)
		out.Shards[i] = s
	}
	return out
}

// listed makes an empty list of none.
func listed[T roster.ShardID | roster.NodeID](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
