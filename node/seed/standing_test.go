package seed_test

import (
	"strings"
	"sync"
	"testing"

	"roster"
	"roster/internal/testcluster"
	"roster/node"
	"roster/node/seed"
)

// nobody is what all members are that do not answer.
func nobody(string) bool { return false }

// TestRecoverRefusesWhileOthersStand: one that answers of the three is a majority with the
// one whose directory is named; a majority that answers is one without it. That is refused, unless
// the operator gives them up. Who does not answer is nothing.
func TestRecoverRefusesWhileOthersStand(t *testing.T) {
	old := newPlaces(t)
	old.run(t, "", func(c *testcluster.Cluster) { register(c, 0, roster.Agent{ID: "demo/a0"}) })
	for _, try := range []struct {
		answer   int
		although bool
		dirs     []string
		want     roster.Code
	}{
		{0, false, old[2:], ""},
		{1, false, old[2:], roster.CodeRefused},
		{2, false, old[2:], roster.CodeRefused},
		{1, false, old[1:], roster.CodeRefused},
		{0, false, old[1:], ""},
		{2, true, old[2:], ""},
	} {
		dir := newPlaces(t)[0]
		var asked struct {
			sync.Mutex
			addresses []string
		}
		c := seed.Config{Dir: dir, Name: "n0", NewKey: true, Store: node.StoreDefault, Although: try.although, Probe: func(address string) bool {
			asked.Lock()
			defer asked.Unlock()
			asked.addresses = append(asked.addresses, address)
			return len(asked.addresses) <= try.answer
		}}
		_, err := seed.Recover(c, try.dirs, true)
		if roster.CodeOf(err) != try.want || try.want != "" && !strings.Contains(err.Error(), "--although-others-answer") {
			t.Errorf("%d answer, although %v, %d directories: %v", try.answer, try.although, len(try.dirs), err)
		}
		if want := len(old) - len(try.dirs); !try.although && len(asked.addresses) != want {
			t.Errorf("asked %v, want %d members", asked.addresses, want)
		}
	}
}
