package screen

import (
	"slices"
	"testing"
)

func TestNearest(t *testing.T) {
	names := []string{"members", "shards", "status"}
	for word, want := range map[string]string{"member": "members", "shard": "shards", "statsu": "status", "xyzzy": ""} {
		if got := Nearest(word, names); got != want {
			t.Errorf("Nearest(%s) = %q, want %q", word, got, want)
		}
	}
	if !slices.Equal([]int{distance("", "abc"), distance("kitten", "sitting"), distance("same", "same")}, []int{3, 3, 0}) {
		t.Error("distance is not Levenshtein's")
	}
}
