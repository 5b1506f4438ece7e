package founding

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"roster"
	"roster/internal/bubble"
)

// foundingSim runs founders over a network that loses, delays and repeats nothing
// but what a seed says, and restarts them with only what they had persisted.
type foundingSim struct {
	expect int
	// forgetful drops every promise at a restart: the planted bug.
	forgetful bool

	mu struct {
		sync.Mutex
		random  *rand.Rand
		lossy   bool
		nodes   map[roster.NodeID]*Founder
		sees    map[roster.NodeID][]roster.NodeID
		founded map[string][]roster.NodeID // cluster id → founders that began it
	}
}

var errLost = &roster.Error{Code: roster.CodeUnavailable, Detail: "lost"}

func newFoundingSim(seed uint64, nodes, expect int) *foundingSim {
	s := &foundingSim{expect: expect}
	s.mu.random = rand.New(rand.NewPCG(seed, 1))
	s.mu.lossy = true
	s.mu.nodes = make(map[roster.NodeID]*Founder)
	s.mu.sees = make(map[roster.NodeID][]roster.NodeID)
	s.mu.founded = make(map[string][]roster.NodeID)
	for i := range nodes {
		id := roster.NodeID(fmt.Sprintf("n%d", i))
		s.start(&Identity{Format: dataFormat, NodeID: id, Cluster: "c", Durability: roster.DurabilitySync})
		s.mu.sees[id] = []roster.NodeID{id}
	}
	return s
}

func (s *foundingSim) start(id *Identity) {
	self := id.NodeID
	f := New(id, Config{Cluster: "c", Expect: s.expect, Shards: 1, Durability: roster.DurabilitySync, Logger: slog.New(slog.DiscardHandler),
		Self: func() roster.NodeInfo { return roster.NodeInfo{ID: self} },
		Call: func(ctx context.Context, to roster.NodeID, method uint8, body []byte) ([]byte, error) {
			return s.call(ctx, self, to, method, body)
		},
		Alive: func() []roster.NodeID {
			s.mu.Lock()
			defer s.mu.Unlock()
			return slices.Clone(s.mu.sees[self])
		}})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.nodes[self] = f
}

// roll returns true with one chance in n while the network is lossy.
func (s *foundingSim) roll(n int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mu.lossy && s.mu.random.IntN(n) == 0
}

func (s *foundingSim) delay() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Duration(s.mu.random.IntN(400)) * time.Millisecond
}

func (s *foundingSim) call(ctx context.Context, from, to roster.NodeID, method uint8, body []byte) ([]byte, error) {
	if !wait(ctx, s.delay()) || s.roll(4) {
		return nil, errLost
	}
	answer, err := s.serve(from, to, method, body)
	if !wait(ctx, s.delay()) || s.roll(4) {
		return nil, errLost // carried out, but nobody heard
	}
	return answer, err
}

func (s *foundingSim) serve(from, to roster.NodeID, method uint8, body []byte) ([]byte, error) {
	s.mu.Lock()
	f := s.mu.nodes[to]
	s.mu.Unlock()
	if method == MethodAdmit {
		id := f.Look()
		return json.Marshal(Entry{id.ClusterID, id.Shards})
	}
	answer, _, err := f.Serve(from, method, body)
	return answer, err
}

// run lets one node live, crash now and then, and restart, until it belongs.
func (s *foundingSim) run(ctx context.Context, id roster.NodeID) {
	for ctx.Err() == nil {
		s.mu.Lock()
		f := s.mu.nodes[id]
		life := time.Duration(1+s.mu.random.IntN(3000)) * time.Millisecond
		if !s.mu.lossy {
			life = time.Hour
		}
		s.mu.Unlock()
		lifetime, crash := context.WithTimeout(ctx, life)
		err := f.Meet(lifetime)
		crash()
		kept := f.Look()
		if err == nil && kept.ClusterID != "" {
			s.began(&kept)
			f.Announce(ctx) //nolint:errcheck // ends with ctx
			return
		}
		if s.forgetful {
			kept.Promise = nil
		}
		s.start(&kept)
	}
}

func (s *foundingSim) began(id *Identity) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if id.Founding != nil {
		s.mu.founded[id.ClusterID] = append(s.mu.founded[id.ClusterID], id.NodeID)
	}
}

// play runs the sim for a lossy minute in which sight grows at random, then heals
// it, and returns how many clusters were founded and how many nodes belong to one.
func (s *foundingSim) play() (clusters, belong int) {
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	ids := make([]roster.NodeID, 0, len(s.mu.nodes))
	for id := range s.mu.nodes {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		all.Go(func() { s.run(ctx, id) })
	}
	for range 60 {
		s.see(ids)
		wait(ctx, time.Second)
	}
	s.mu.Lock()
	s.mu.lossy = false
	for _, id := range ids {
		s.mu.sees[id] = ids
	}
	s.mu.Unlock()
	wait(ctx, time.Minute)
	cancel()
	all.Wait()
	for _, id := range ids {
		if s.mu.nodes[id].Look().ClusterID != "" {
			belong++
		}
	}
	return len(s.mu.founded), belong
}

// see gives one node a new random sight of the others.
func (s *foundingSim) see(ids []roster.NodeID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	who := ids[s.mu.random.IntN(len(ids))]
	var sight []roster.NodeID
	for _, id := range ids {
		if id == who || s.mu.random.IntN(2) > 0 {
			sight = append(sight, id)
		}
	}
	s.mu.sees[who] = sight
}

var foundingSeeds = flag.Int("founding.seeds", 200, "how many seeds TestFoundingBeginsOneCluster runs")

// Four nodes start at once and want three, or three want two, over a network that loses
// and delays, and crash: one cluster comes of it, to which all belong.
func TestFoundingBeginsOneCluster(t *testing.T) {
	seeds := *foundingSeeds
	if testing.Short() {
		seeds = 30
	}
	for seed := range uint64(seeds) {
		for _, shape := range []struct{ nodes, expect int }{{4, 3}, {3, 2}} {
			bubble.Test(t, func(t *testing.T) {
				clusters, belong := newFoundingSim(seed, shape.nodes, shape.expect).play()
				if clusters != 1 || belong != shape.nodes {
					t.Errorf("seed %d: %d clusters founded, %d of %d nodes belong to one", seed, clusters, belong, shape.nodes)
				}
			})
		}
	}
}

// The same search must find the bug when promises do not survive a restart: it shows
// at about every twentieth seed.
func TestFoundingNeedsPromisesOnDisk(t *testing.T) {
	for seed := range uint64(1000) {
		split := false
		bubble.Test(t, func(*testing.T) {
			sim := newFoundingSim(seed, 3, 2)
			sim.forgetful = true
			clusters, _ := sim.play()
			split = clusters > 1
		})
		if split {
			t.Logf("two clusters at seed %d", seed)
			return
		}
	}
	t.Error("forgotten promises never split the cluster: this search finds nothing")
}

func TestPromiseIsRefused(t *testing.T) {
	ours := Proposal{Proposer: "a", Number: 2, Members: []roster.NodeID{"a", "me"}, Durability: roster.DurabilitySync}
	for name, c := range map[string]struct {
		id   Identity
		from roster.NodeID
		p    Proposal
		code roster.Code
	}{
		"free":            {Identity{}, "a", ours, ""},
		"again":           {Identity{Promise: &ours}, "a", ours, ""},
		"bound elsewhere": {Identity{Promise: &Proposal{Proposer: "b", Number: 9}}, "a", ours, roster.CodeConflict},
		"has data":        {Identity{ClusterID: "x"}, "a", ours, roster.CodeConflict},
		"not a member":    {Identity{}, "a", Proposal{Proposer: "a", Number: 1, Members: []roster.NodeID{"a"}}, roster.CodeInternal},
		"forged":          {Identity{}, "b", ours, roster.CodeInternal},
		"durability":      {Identity{}, "a", Proposal{Proposer: "a", Number: 1, Members: ours.Members, Durability: roster.DurabilityNone}, roster.CodeConflict},
	} {
		c.id.NodeID, c.id.Durability = "me", roster.DurabilitySync
		f := New(&c.id, Config{Logger: slog.New(slog.DiscardHandler)})
		body, err := json.Marshal(c.p)
		if err != nil {
			t.Fatal(err)
		}
		before := f.Look()
		_, err = f.servePromise(c.from, body)
		if roster.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want code %q", name, err, c.code)
		}
		if after := f.Look(); err != nil && after.Promise != before.Promise {
			t.Errorf("%s: a refused promise changed the identity", name)
		}
	}
}

func TestReleaseOfAnotherIsIgnored(t *testing.T) {
	id := &Identity{NodeID: "me", Promise: &Proposal{Proposer: "a", Number: 2}}
	f := New(id, Config{Logger: slog.New(slog.DiscardHandler)})
	for _, r := range []struct {
		from   roster.NodeID
		number uint64
		bound  bool
	}{{"b", 9, true}, {"a", 1, true}, {"a", 2, false}} {
		body, err := json.Marshal(release{r.number})
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.serveRelease(r.from, body)
		if err = errors.Join(err); err != nil {
			t.Fatal(err)
		}
		if bound := f.Look().Promise != nil; bound != r.bound {
			t.Errorf("release %d from %s: bound %v, want %v", r.number, r.from, bound, r.bound)
		}
	}
}
