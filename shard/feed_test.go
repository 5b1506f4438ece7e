package shard

import (
	"sync"
	"testing"
	"time"

	"roster"
	"roster/internal/bubble"
	"roster/shard/logstore"
)

// TestFeedAcrossNodes reads the events on one node, resumes on another and finds no
// gap and nothing twice.
func TestFeedAcrossNodes(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		c := muster(t, logstore.Memory, 3, nil)
		defer c.disband()
		leader := c.leader()
		ctx, cancel := deadline(20 * time.Second)
		defer cancel()
		seen := map[roster.AgentID]int{}
		at := roster.Index(0)
		var floods sync.WaitGroup
		defer floods.Wait() // events may be seen before their writers have their answers
		for round := range 6 {
			floods.Go(func() { flood(t, leader, round*50, round*50+50) })
			feed, err := c.group(c.nodes[round%3]).Feed(at)
			if err != nil {
				t.Fatal(err)
			}
			for len(seen) < round*50+25 {
				events, next, err := feed.Next(ctx)
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range events {
					if e.Index <= at || e.Index > next {
						t.Fatalf("event of index %d between %d and %d", e.Index, at, next)
					}
					if e.Type == roster.EventAgent {
						seen[e.After.ID]++
					}
				}
				at = next
			}
		}
		feed, err := leader.Feed(at)
		for err == nil && len(seen) < 300 {
			var events []roster.Event
			events, _, err = feed.Next(ctx)
			for _, e := range events {
				seen[e.After.ID]++
			}
		}
		for id, n := range seen {
			if n != 1 {
				t.Errorf("%s seen %d times", id, n)
			}
		}
		if err != nil || len(seen) != 300 {
			t.Errorf("%d agents seen, %v", len(seen), err)
		}
	})
}
