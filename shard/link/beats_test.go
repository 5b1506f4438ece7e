package link

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/raft"

	"roster/internal/bubble"
	"roster/shard/link/frame"
	"roster/shard/link/peer"
)

// TestHeartbeatsLeaveTogether: those of all groups in one frame, answered by one, with
// the commit index of each; one that somebody waits for leaves at once.
func TestHeartbeatsLeaveTogether(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		const groups = 20
		w, h := hubs("a", "b")
		told := make([]uint64, groups)
		var all []*Transport
		answers := make(chan error, groups)
		for i := range groups {
			from := h[0].Open(Options{Group: uint32(i), Hold: peer.HoldMax})
			leader, follower := &fixed{state: raft.Leader}, &fixed{state: raft.Follower}
			leader.term.Store(3)
			follower.term.Store(3)
			leader.commit.Store(uint64(100 + i))
			from.Bind(leader)
			to := h[1].Open(Options{Group: uint32(i), OnTold: func(commit uint64, _ time.Time) { told[i] = commit }})
			to.Bind(follower)
			all = append(all, from, to)
			go func() { answers <- send(from, heartbeat(3)) }()
		}
		begin := time.Now()
		for range groups {
			if err := <-answers; err != nil {
				t.Error(err)
			}
		}
		if n := count(framesOf(t, w), frame.Beats); n != 1 || time.Since(begin) > peer.HoldMax {
			t.Errorf("%d frames after %v", n, time.Since(begin))
		}
		for i, commit := range told {
			if commit != uint64(100+i) {
				t.Errorf("group %d is told %d", i, commit)
			}
		}
		begin = time.Now()
		known := all[0].Peer("b").Contact
		<-time.After(time.Millisecond)
		all[0].Probe("b", 3)
		synctest.Wait()
		if contact := all[0].Peer("b").Contact; !contact.After(known) || time.Since(begin) > time.Millisecond {
			t.Errorf("a probe: contact moved from %v to %v after %v", known, contact, time.Since(begin))
		}
		for _, g := range all {
			g.Close()
		}
		h[0].Close()
		h[1].Close()
	})
}

// TestCommitIndexOfABeatStaysOutside: Raft never sees it, and a leader that has not
// committed an entry of its term tells none.
func TestCommitIndexOfABeatStaysOutside(t *testing.T) {
	for _, settled := range []bool{true, false} {
		bubble.Test(t, func(t *testing.T) {
			told := uint64(0)
			_, h := hubs("a", "b")
			from := h[0].Open(Options{Group: 1, Settled: func(uint64) bool { return settled }})
			to := h[1].Open(Options{Group: 1, OnTold: func(commit uint64, _ time.Time) { told = commit }})
			leader, follower := &fixed{state: raft.Leader}, &fixed{state: raft.Candidate} // the main loop must answer
			leader.term.Store(3)
			leader.commit.Store(50)
			follower.term.Store(3)
			from.Bind(leader)
			to.Bind(follower)
			go func() {
				rpc := <-to.Consumer()
				if a := rpc.Command.(*raft.AppendEntriesRequest); a.LeaderCommitIndex != 0 || !isHeartbeat(a) {
					t.Errorf("Raft sees %+v", a)
				}
				rpc.Respond(&raft.AppendEntriesResponse{Term: 3, Success: true}, nil)
			}()
			if err := send(from, heartbeat(3)); err != nil {
				t.Fatal(err)
			}
			if want := map[bool]uint64{true: 50}[settled]; told != want {
				t.Errorf("settled %v: told %d, want %d", settled, told, want)
			}
			from.Close()
			to.Close()
			h[0].Close()
			h[1].Close()
		})
	}
}
