package shard

import (
	"testing"
	"time"

	"roster"
	"roster/internal/bubble"
	"roster/shard/logstore"
)

// TestDeadLeadersAreSucceededAtOnce: where the end of the leader's process shows, the
// next one leads long before its silence would tell. The control is a leader that only
// falls silent: then nobody may stand before the time is up.
func TestDeadLeadersAreSucceededAtOnce(t *testing.T) {
	dead := succeeded(t, (*mesh).end)
	silent := succeeded(t, (*mesh).isolate)
	if limit := Fast().Heartbeat / 2; dead > limit {
		t.Errorf("a leader whose process had ended was succeeded after %v, not within %v", dead, limit)
	}
	// Silence counts from the last heartbeat, which was a moment before.
	if silent < Fast().Heartbeat/2 {
		t.Errorf("a leader that fell silent was succeeded after %v, long before %v were up", silent, Fast().Heartbeat)
	}
	t.Logf("succeeded after %v, and after %v of silence", dead, silent)
}

// succeeded returns after what time, in virtual time, another leads.
func succeeded(t *testing.T, end func(*mesh, roster.NodeID)) (took time.Duration) {
	bubble.Test(t, func(t *testing.T) {
		c := muster(t, logstore.Memory, 3, nil)
		defer c.disband()
		leader := c.leader()
		propose(t, leader, 1)
		<-time.After(5 * time.Second) // connections have stood for a while
		began := time.Now()
		end(c.mesh, leader.config.Node)
		next := c.leader(leader.config.Node)
		took = time.Since(began)
		propose(t, next, 2)
	})
	return took
}

// TestNewsOfADeathThatIsWrong: the leader lives on, and leads again or follows; nothing
// that was written is lost.
func TestNewsOfADeathThatIsWrong(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		c := muster(t, logstore.Memory, 3, nil)
		defer c.disband()
		leader := c.leader()
		propose(t, leader, 1)
		for _, g := range c.others(leader) {
			g.gone("n1")
			g.gone("n2")
			g.gone("n3")
		}
		<-time.After(2 * time.Second)
		next := c.leader()
		propose(t, next, 2)
		for _, id := range c.nodes {
			caughtUp(t, c.group(id), next.replica.Index())
			wantAgents(t, c.group(id), 1, 3)
		}
	})
}
