package founding

import (
	"encoding/json"
	"slices"
	"testing"

	"roster"
)

func TestShardSet(t *testing.T) {
	var s ShardSet
	s = s.With(1).With(64).With(7).With(roster.SystemShard).With(65).Without(7)
	if !slices.Equal(s.All(), []roster.ShardID{1, 64}) || s.Has(7) || s.Has(0) || !s.Has(64) {
		t.Fatalf("the set is %v", s.All())
	}
	text, err := json.Marshal(s)
	if err != nil || string(text) != `"1,64"` {
		t.Fatalf("written as %s, %v", text, err)
	}
	var again ShardSet
	if err := json.Unmarshal(text, &again); err != nil || again != s {
		t.Errorf("read as %v, %v", again.All(), err)
	}
	for _, bad := range []string{`"0"`, `"65"`, `"1,,2"`, `"x"`} {
		if err := json.Unmarshal([]byte(bad), &again); err == nil {
			t.Errorf("%s was read as %v", bad, again.All())
		}
	}
}
