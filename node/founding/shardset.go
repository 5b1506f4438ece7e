package founding

import (
	"strconv"
	"strings"

	"roster"
)

// ShardSet is a set of shards of agents: 1 to roster.ShardsMax. In node.json it is text,
// their numbers with commas between them.
type ShardSet uint64

func bit(id roster.ShardID) ShardSet {
	if id == roster.SystemShard || id > roster.ShardsMax {
		return 0
	}
	return 1 << (id - 1)
}

// Has reports whether a shard is in the set.
func (s ShardSet) Has(id roster.ShardID) bool { return s&bit(id) != 0 }

// With returns the set with a shard; the system shard is in none.
func (s ShardSet) With(id roster.ShardID) ShardSet { return s | bit(id) }

// Without returns the set without a shard.
func (s ShardSet) Without(id roster.ShardID) ShardSet { return s &^ bit(id) }

// All lists the shards of the set.
func (s ShardSet) All() []roster.ShardID {
	var ids []roster.ShardID
	for id := roster.ShardID(1); id <= roster.ShardsMax; id++ {
		if s.Has(id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// MarshalText writes the numbers.
func (s ShardSet) MarshalText() ([]byte, error) {
	var words []string
	for _, id := range s.All() {
		words = append(words, id.String())
	}
	return []byte(strings.Join(words, ",")), nil
}

// UnmarshalText reads what MarshalText wrote.
func (s *ShardSet) UnmarshalText(text []byte) error {
	*s = 0
	if len(text) == 0 {
		return nil
	}
	for _, word := range strings.Split(string(text), ",") {
		id, err := strconv.ParseUint(word, 10, 32)
		if err != nil || bit(roster.ShardID(id)) == 0 {
			return roster.Errorf(roster.CodeInvalid, "%q is no shard of agents", word)
		}
		*s = s.With(roster.ShardID(id))
	}
	return nil
}
