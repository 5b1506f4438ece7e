package link

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/raft"

	"roster/internal/bubble"
	"roster/shard/link/frame"
	"roster/shard/link/peer"
	"roster/transport"
)

// request appends n entries after prev.
func request(term, prev uint64, n int, data string) *raft.AppendEntriesRequest {
	a := heartbeat(term)
	a.PrevLogEntry, a.PrevLogTerm, a.LeaderCommitIndex = prev, term, prev
	for i := range n {
		a.Entries = append(a.Entries, &raft.Log{Index: prev + uint64(i) + 1, Term: term, Data: []byte(data)})
	}
	return a
}

// agree answers what arrives at a main loop with success, until stop is closed.
func agree(t *Transport, stop <-chan struct{}) {
	for {
		select {
		case rpc := <-t.Consumer():
			a := rpc.Command.(*raft.AppendEntriesRequest)
			rpc.Respond(&raft.AppendEntriesResponse{Term: a.Term, Success: true, LastLog: lastOf(a)}, nil)
		case <-stop:
			return
		}
	}
}

func send(t *Transport, a *raft.AppendEntriesRequest) error {
	return t.AppendEntries("b", "b", a, &raft.AppendEntriesResponse{})
}

// framesOf reads the frames that node a wrote to node b.
func framesOf(t *testing.T, w *wires) (out []frame.Frame) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.mu.conns {
		if !c.dialled || c.lane != transport.LaneRaft {
			continue
		}
		c.mu.Lock()
		r := bufio.NewReader(bytes.NewReader(c.mu.wrote))
		c.mu.Unlock()
		if _, err := frame.ReadPreface(r); err != nil {
			t.Fatal(err)
		}
		for {
			var f frame.Frame
			if err := frame.Read(r, &f); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			out = append(out, f)
		}
	}
	return out
}

func count(frames []frame.Frame, k frame.Kind) (n int) {
	for _, f := range frames {
		if f.Kind == k {
			n++
		}
	}
	return n
}

// TestBlockedGroupBlocksNobody: a main loop that hangs fills its own queue, and then
// its requests are refused at once; another group on the same connection goes on.
func TestBlockedGroupBlocksNobody(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		w, h := hubs("a", "b")
		stuck, stuckThere := h[0].Open(Options{Group: 1}), h[1].Open(Options{Group: 1})
		free, freeThere := h[0].Open(Options{Group: 2}), h[1].Open(Options{Group: 2})
		stop := make(chan struct{})
		go agree(freeThere, stop)
		asked := make(chan peer.Reply, 2*inboxMax)
		for i := range 2 * inboxMax {
			go func() {
				f := stuck.appendFrame(request(3, uint64(i+1), 1, "x"))
				asked <- stuck.exchange(stuck.ctx, "b", f, 1)
			}()
		}
		synctest.Wait()
		if refused := len(asked); refused != inboxMax-1 { // the pump holds one more
			t.Errorf("%d refused of %d, of which %d and one fit", refused, 2*inboxMax, inboxMax)
		}
		for range len(asked) {
			if r := <-asked; !peer.Again(r.Err) {
				t.Errorf("refused with %v", r.Err)
			}
		}
		begin := time.Now()
		if err := send(free, request(3, 1, 1, "x")); err != nil || time.Since(begin) > 0 {
			t.Errorf("beside a blocked group: %v after %v", err, time.Since(begin))
		}
		if n := w.dials(transport.LaneRaft); n != 1 {
			t.Errorf("%d connections for two groups", n)
		}
		close(stop)
		for _, g := range []*Transport{stuck, stuckThere, free, freeThere} {
			g.Close()
		}
		h[0].Close()
		h[1].Close()
	})
}

// TestOrder: requests of one group arrive in the order in which they were sent.
func TestOrder(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		from, to, _, stop := pair(Options{})
		defer stop()
		p, err := from.AppendEntriesPipeline("b", "b")
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		go func() {
			for i := range uint64(100) {
				if _, err := p.AppendEntries(request(3, i+1, 1, "x"), &raft.AppendEntriesResponse{}); err != nil {
					t.Error(err)
				}
			}
		}()
		for i := range uint64(100) {
			rpc := <-to.Consumer()
			a := rpc.Command.(*raft.AppendEntriesRequest)
			if a.PrevLogEntry != i+1 {
				t.Fatalf("request %d arrives after %d", a.PrevLogEntry, i)
			}
			rpc.Respond(&raft.AppendEntriesResponse{Term: 3, Success: true}, nil)
			if f := <-p.Consumer(); f.Request().PrevLogEntry != i+1 || !f.Response().Success {
				t.Fatalf("answer %d to request %d", f.Request().PrevLogEntry, i+1)
			}
		}
	})
}

// TestPipelineIsBounded: two are under way, the third waits; and a follower that hangs
// ends the pipeline instead of holding it for ever (hashicorp/raft issue 612).
func TestPipelineIsBounded(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		from, to, _, stop := pair(Options{})
		defer stop()
		p, _ := from.AppendEntriesPipeline("b", "b")
		defer p.Close()
		added := make(chan error, 4)
		go func() {
			for i := range uint64(4) {
				_, err := p.AppendEntries(request(3, i+1, 1, "x"), &raft.AppendEntriesResponse{})
				added <- err
			}
		}()
		synctest.Wait()
		if len(added) != inFlightMax {
			t.Fatalf("%d of at most %d are under way", len(added), inFlightMax)
		}
		begin := time.Now() // nobody answers at to
		for i := range 4 {
			if err := <-added; (err == nil) != (i < inFlightMax) {
				t.Errorf("request %d: %v", i+1, err)
			}
		}
		if took := time.Since(begin); took > 2*peer.Timeout {
			t.Errorf("the pipeline ended after %v", took)
		}
		end := make(chan struct{})
		go agree(to, end) // the disk is back
		p, _ = from.AppendEntriesPipeline("b", "b")
		defer p.Close()
		if _, err := p.AppendEntries(request(3, 9, 1, "x"), &raft.AppendEntriesResponse{}); err != nil || !(<-p.Consumer()).Response().Success {
			t.Errorf("a new pipeline: %v", err)
		}
		close(end)
	})
}

// TestPipelineEndsAfterARefusal: Raft stops reading after an answer without success.
func TestPipelineEndsAfterARefusal(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		from, to, _, stop := pair(Options{})
		defer stop()
		p, _ := from.AppendEntriesPipeline("b", "b")
		defer p.Close()
		go func() {
			rpc := <-to.Consumer()
			rpc.Respond(&raft.AppendEntriesResponse{Term: 3}, nil)
		}()
		if _, err := p.AppendEntries(request(3, 1, 1, "x"), &raft.AppendEntriesResponse{}); err != nil {
			t.Fatal(err)
		}
		if f := <-p.Consumer(); f.Response().Success {
			t.Error("success")
		}
		synctest.Wait()
		if _, err := p.AppendEntries(request(3, 2, 1, "x"), &raft.AppendEntriesResponse{}); err == nil {
			t.Error("the pipeline goes on")
		}
	})
}

// TestLostConnections: whatever waits is told at once, entries are sent again, in order,
// and votes are left to Raft.
func TestLostConnections(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		w, from, to, _, stop := tapPair(Options{})
		defer stop()
		p, _ := from.AppendEntriesPipeline("b", "b")
		defer p.Close()
		for i := range uint64(2) {
			if _, err := p.AppendEntries(request(3, i+1, 1, "x"), &raft.AppendEntriesResponse{}); err != nil {
				t.Fatal(err)
			}
		}
		voted := make(chan error, 1)
		go func() {
			voted <- from.RequestVote("b", "b", &raft.RequestVoteRequest{}, &raft.RequestVoteResponse{})
		}()
		synctest.Wait()
		begin := time.Now()
		w.cut(false)
		if err := <-voted; !peer.Again(err) || time.Since(begin) > 0 {
			t.Errorf("a vote on a connection that was cut: %v after %v", err, time.Since(begin))
		}
		end := make(chan struct{})
		defer close(end)
		go func() {
			for {
				select {
				case rpc := <-to.Consumer():
					rpc.Respond(&raft.AppendEntriesResponse{Term: 3, Success: true}, nil)
				case <-end:
					return
				}
			}
		}()
		for i := range uint64(2) {
			if f := <-p.Consumer(); f.Request().PrevLogEntry != i+1 || !f.Response().Success {
				t.Errorf("answer to %d: %+v", f.Request().PrevLogEntry, f.Response())
			}
		}
		if took := time.Since(begin); took > time.Second {
			t.Errorf("sent again after %v", took)
		}
	})
}

// TestUnreachablePeer: entries are given up after a while, and a peer that comes back
// is found.
func TestUnreachablePeer(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		w, from, to, _, stop := tapPair(Options{})
		defer stop()
		end := make(chan struct{})
		defer close(end)
		go agree(to, end)
		w.cut(true)
		begin := time.Now()
		if err := send(from, request(3, 1, 1, "x")); err == nil || time.Since(begin) > 2*retryMax {
			t.Errorf("to nobody: %v after %v", err, time.Since(begin))
		}
		w.cut(false)
		if err := send(from, request(3, 1, 1, "x")); err != nil {
			t.Errorf("to a peer that is back: %v", err)
		}
	})
}

// TestLongRequestsAreCut: frames stay small, and the follower's log comes out the same.
func TestLongRequestsAreCut(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		w, from, to, _, stop := tapPair(Options{})
		defer stop()
		end := make(chan struct{})
		defer close(end)
		go agree(to, end)
		a := request(3, 7, 9, strings.Repeat("x", partBytes/3))
		if err := send(from, a); err != nil {
			t.Fatal(err)
		}
		next := uint64(7)
		for _, f := range framesOf(t, w) {
			if f.Index != next || len(f.Entries) == 0 {
				t.Errorf("%d entries after %d; want some after %d", len(f.Entries), f.Index, next)
			}
			next += uint64(len(f.Entries))
		}
		if next != 16 || from.Peer("b").Match != 16 {
			t.Errorf("sent up to %d, known up to %d", next, from.Peer("b").Match)
		}
	})
}

// TestSnapshotBesideFrames: a snapshot that takes long has a connection of its own.
func TestSnapshotBesideFrames(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		w, h := hubs("a", "b")
		from, to := h[0].Open(Options{Group: 1}), h[1].Open(Options{Group: 1})
		other, otherThere := h[0].Open(Options{Group: 2}), h[1].Open(Options{Group: 2})
		stop := make(chan struct{})
		go agree(otherThere, stop)
		data := strings.Repeat("state", 100_000)
		installed := make(chan error, 1)
		go func() {
			var resp raft.InstallSnapshotResponse
			err := from.InstallSnapshot("b", "b", &raft.InstallSnapshotRequest{
				Term: 3, LastLogIndex: 9, LastLogTerm: 2, Size: int64(len(data)), Configuration: []byte("c"), ConfigurationIndex: 4, SnapshotVersion: 1,
			}, &resp, strings.NewReader(data))
			if err == nil && (!resp.Success || resp.Term != 3) {
				err = errors.New("not installed")
			}
			installed <- err
		}()
		rpc := <-to.Consumer()
		if err := send(other, request(3, 1, 1, "x")); err != nil {
			t.Errorf("while a snapshot is on its way: %v", err)
		}
		got, err := io.ReadAll(rpc.Reader)
		args := rpc.Command.(*raft.InstallSnapshotRequest)
		if err != nil || string(got) != data || args.LastLogIndex != 9 || args.ConfigurationIndex != 4 || string(args.Configuration) != "c" || string(args.Leader) != "a" {
			t.Errorf("%d bytes, %v, %+v", len(got), err, args)
		}
		rpc.Respond(&raft.InstallSnapshotResponse{Term: 3, Success: true}, nil)
		if err := <-installed; err != nil {
			t.Error(err)
		}
		if n := w.dials(transport.LaneSnapshot); n != 1 {
			t.Errorf("%d connections for one snapshot", n)
		}
		close(stop)
		for _, g := range []*Transport{from, to, other, otherThere} {
			g.Close()
		}
		h[0].Close()
		h[1].Close()
	})
}
