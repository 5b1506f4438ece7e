package link

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/raft"

	"roster"
	"roster/internal/bubble"
	"roster/shard/link/frame"
	"roster/shard/link/peer"
	"roster/transport"
)

// nudgeFault says what is wrong with a nudge for an entry of a term, or nil: a follower
// takes it for an ordinary request of that term's leader.
func nudgeFault(f frame.Frame, commit, term uint64) error {
	if f.Term != term || f.IndexTerm != term || f.Index != commit || f.Commit != commit || len(f.Entries) > 0 {
		return fmt.Errorf("a nudge for entry %d of term %d says %+v", commit, term, f)
	}
	return nil
}

// scenario of nudges: a leads in term 3 and has sent entries up to 12 to b.
func nudging(t *testing.T, run func(w *wires, from, to *Transport, leader *fixed)) {
	bubble.Test(t, func(t *testing.T) {
		w, from, to, _, stop := tapPair(Options{})
		defer stop()
		end := make(chan struct{})
		defer close(end)
		go agree(to, end)
		leader := &fixed{state: raft.Leader}
		leader.term.Store(3)
		from.Bind(leader)
		if err := send(from, request(3, 10, 2, "x")); err != nil {
			t.Fatal(err)
		}
		run(w, from, to, leader)
	})
}

func nudges(t *testing.T, w *wires) (out []frame.Frame) {
	synctest.Wait()
	for _, f := range framesOf(t, w) {
		if f.Kind == frame.Nudge {
			out = append(out, f)
		}
	}
	return out
}

func TestNudge(t *testing.T) {
	nudging(t, func(w *wires, from, to *Transport, _ *fixed) {
		from.Nudge(12, 3)
		got := nudges(t, w)
		if len(got) != 1 || nudgeFault(got[0], 12, 3) != nil {
			t.Fatalf("sent %+v", got)
		}
		before := from.Peer("b")
		from.Nudge(13, 3) // not sent to b
		from.Nudge(12, 2) // an entry of another term
		if got := nudges(t, w); len(got) != 1 || from.Peer("b") != before {
			t.Errorf("sent %+v", got[1:])
		}
	})
}

// TestNudgeKeepsItsTerm: nothing leaves once the leader has left the term, not even
// what was queued before, and never under the term of now.
func TestNudgeKeepsItsTerm(t *testing.T) {
	nudging(t, func(w *wires, from, _ *Transport, leader *fixed) {
		n := &from.contact("b").nudge
		n.due, n.term = 12, 3
		if f := n.Take(); f == nil || nudgeFault(*f, 12, 3) != nil {
			t.Fatalf("in its term: %+v", f)
		}
		leader.term.Store(5) // it lost and won again
		if f := n.Take(); f != nil {
			t.Errorf("written after the term was left: %+v", f)
		}
		from.Nudge(12, 3)
		leader.term.Store(3)
		leader.state = raft.Follower
		from.Nudge(12, 3)
		if got := nudges(t, w); len(got) > 0 {
			t.Errorf("sent %+v", got)
		}
	})
}

// TestNudgeFaultIsSeen is the control of the check: a nudge that says the present term.
func TestNudgeFaultIsSeen(t *testing.T) {
	wrong := frame.Frame{Kind: frame.Nudge, Term: 5, Index: 12, IndexTerm: 5, Commit: 12}
	if nudgeFault(wrong, 12, 3) == nil {
		t.Error("a nudge with the term of now passes for one of its own term")
	}
	wrong.IndexTerm = 3
	if nudgeFault(wrong, 12, 3) == nil {
		t.Error("a nudge whose term is not that of its entry passes")
	}
}

// TestNudgesDoNotPileUp: of several in a row the first and the last are told, once. The
// last goes behind the entries, which may have been sent after the first was queued.
func TestNudgesDoNotPileUp(t *testing.T) {
	nudging(t, func(w *wires, from, _ *Transport, _ *fixed) {
		n := &from.contact("b").nudge
		n.queued, n.due, n.commit, n.term = true, 10, 10, 3 // as if the connection were slow
		from.Nudge(11, 3)
		from.Nudge(12, 3)
		from.Nudge(11, 3)
		if got := nudges(t, w); len(got) > 0 {
			t.Fatalf("sent %+v while one is queued", got)
		}
		if f := n.Take(); f == nil || nudgeFault(*f, 10, 3) != nil {
			t.Errorf("first %+v", f)
		}
		if got := nudges(t, w); len(got) != 1 || nudgeFault(got[0], 12, 3) != nil {
			t.Errorf("then %+v", got)
		}
	})
}

// TestBrokenFramesEndTheConnection and nothing else: the next one works.
func TestBrokenFramesEndTheConnection(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		w, from, to, _, stop := tapPair(Options{})
		defer stop()
		end := make(chan struct{})
		defer close(end)
		go agree(to, end)
		for _, bytes := range []string{"RHUB\x01\x01c\xff\x00", "GET / HTTP/1.1\r\n\r\n", "RHUB\x02\x01c", "RHUB\x01\x01c\x12\x08\x00\x00\x00\x00\x00\x00\x00\x00"} {
			c, err := w.node("c").Dial(t.Context(), "b", transport.LaneRaft)
			if err != nil {
				t.Fatal(err)
			}
			go func() { _, _ = c.Write([]byte(bytes)) }()
			b := make([]byte, 64)
			for err == nil { // the peer's preface, perhaps, and then the end
				_, err = c.Read(b)
			}
			c.Close()
		}
		if err := send(from, request(3, 1, 1, "x")); err != nil {
			t.Errorf("after broken connections: %v", err)
		}
	})
}

// TestAnotherNodeAtTheAddress is not taken for the one that was meant.
func TestAnotherNodeAtTheAddress(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		w := newWires()
		moved := func(roster.NodeID) (string, bool) { return "b", true }
		h := []*Hub{OpenHub(HubOptions{Network: w.node("a"), Node: "a", AddressOf: moved}), OpenHub(HubOptions{Network: w.node("b"), Node: "b"})}
		from, to := h[0].Open(Options{Group: 1}), h[1].Open(Options{Group: 1})
		err := from.RequestVote("c", "c", &raft.RequestVoteRequest{}, &raft.RequestVoteResponse{})
		if err == nil || !peer.Again(err) {
			t.Errorf("b voted for c: %v", err)
		}
		from.Close()
		to.Close()
		h[0].Close()
		h[1].Close()
	})
}

// TestDurableHoldsAnswers: those to entries, at both ends; heartbeats pass.
func TestDurableHoldsAnswers(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		held := make(chan func(), 4)
		hold := func(index uint64, pass func()) {
			if index != 12 {
				t.Errorf("asked for %d", index)
			}
			held <- pass
		}
		_, h := hubs("a", "b")
		from, to := h[0].Open(Options{Group: 1, Durable: hold}), h[1].Open(Options{Group: 1, Durable: hold})
		follower := &fixed{state: raft.Follower}
		follower.term.Store(3)
		to.Bind(follower)
		end := make(chan struct{})
		go agree(to, end)
		answered := make(chan error, 1)
		go func() { answered <- send(from, request(3, 10, 2, "x")) }()
		for range 2 { // the follower's answer, and then the same at the leader
			pass := <-held
			<-time.After(time.Second)
			if err := send(from, heartbeat(3)); err != nil || len(answered) > 0 {
				t.Errorf("heartbeat: %v; answered: %v", err, len(answered) > 0)
			}
			pass()
		}
		if err := <-answered; err != nil {
			t.Error(err)
		}
		close(end)
		from.Close()
		to.Close()
		h[0].Close()
		h[1].Close()
		if err := send(from, request(3, 10, 2, "x")); !errors.Is(err, ErrMuted) {
			t.Errorf("closed: %v", err)
		}
	})
}
