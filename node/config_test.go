package node

import (
	"strings"
	"testing"
)

func TestConfigTellsEveryFault(t *testing.T) {
	err := Config{Cluster: "a b", Name: "Ü", Expect: -1, Shards: 1000, Durability: "maybe", Bind: "nowhere", Join: []string{"x"}}.Validate()
	if err == nil {
		t.Fatal("accepted")
	}
	for _, says := range []string{"cluster name", "key has 0 bytes", "node name", "expect", "shards", "durability", "bind", "join"} {
		if !strings.Contains(err.Error(), says) {
			t.Errorf("%q does not mention %q", err, says)
		}
	}
}
