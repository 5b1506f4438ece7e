package fsm

import (
	"testing"
	"time"

	"roster"
)

// one applies one operation at a log time and returns its result.
func one(m *Machine, at roster.LogTime, op roster.Op) roster.Result {
	return m.Apply(roster.Entry{Shard: m.shard, At: at, Ops: []roster.Op{op}})[0]
}

// wait lets log time go to at by entries that carry nothing, and then ticks.
func wait(m *Machine, at roster.LogTime) {
	for m.now < at {
		m.Apply(roster.Entry{Shard: m.shard, At: at})
	}
	one(m, at, roster.Op{Command: roster.Tick{}})
}

func hour(n int) roster.LogTime { return roster.LogTime(time.Duration(n) * time.Hour) }

func TestClock(t *testing.T) {
	m := New(1)
	for _, c := range []struct{ at, want roster.LogTime }{
		{hour(9), roster.StampStepMax}, // the first entry takes no leap either
		{roster.StampStepMax + 1, roster.StampStepMax + 1},
		{3, roster.StampStepMax + 1},
		{-1 << 62, roster.StampStepMax + 1},
		{1<<63 - 1, 2*roster.StampStepMax + 1},
	} {
		m.Apply(roster.Entry{Shard: 1, At: c.at})
		if m.Now() != c.want {
			t.Errorf("an entry at %d brings the time to %d, want %d", c.at, m.Now(), c.want)
		}
	}
}

func TestEntryOfAnotherShard(t *testing.T) {
	m := New(1)
	r := m.Apply(roster.Entry{Shard: 2, At: 5, Ops: []roster.Op{{Command: roster.Register{Mode: roster.ModePut, Agent: roster.Agent{ID: "a/b"}}}}})[0]
	if roster.CodeOf(r.Err) != roster.CodeInternal || m.Now() != 0 || m.View().Agents() != 0 {
		t.Errorf("it was carried out: %+v", r)
	}
}

func TestPointersAreNoCommands(t *testing.T) {
	for _, c := range []roster.Command{nil, &roster.Tick{}} {
		if r := one(New(1), 0, roster.Op{Command: c, Request: roster.Request{Client: 1, Seq: 1}}); roster.CodeOf(r.Err) != roster.CodeInvalid || r.Index != 1 {
			t.Errorf("%T: %+v", c, r)
		}
	}
}

// A client is remembered for ClientForget after it last spoke, and until a tick.
func TestClientsAreForgotten(t *testing.T) {
	m := New(1)
	ask := func() roster.Result {
		return one(m, m.now, roster.Op{Request: roster.Request{Client: 1, Seq: 1}, Command: roster.Deregister{ID: "a/b"}})
	}
	first := ask()
	wait(m, roster.ClientForget-1)
	if again := ask(); again.Index != first.Index {
		t.Errorf("run twice: %d, then %d", first.Index, again.Index)
	}
	spoke := m.now
	wait(m, spoke+roster.ClientForget-1)
	if m.requests.clients.Len() != 1 {
		t.Error("forgotten too early")
	}
	if at, ok := m.View().NextDeadline(); !ok || at != spoke+roster.ClientForget {
		t.Errorf("next deadline %v %v", at, ok)
	}
	wait(m, spoke+roster.ClientForget)
	if m.requests.clients.Len() != 0 || m.requests.results.Len() != 0 || m.requests.bytes != 0 {
		t.Errorf("%d clients, %d results, %d bytes are left", m.requests.clients.Len(), m.requests.results.Len(), m.requests.bytes)
	}
	if _, ok := m.View().NextDeadline(); ok {
		t.Error("something is still pending")
	}
}

// Full tables answer Overloaded, do nothing, evict nothing, and remember no refusal.
func TestResultsPerClientBounded(t *testing.T) {
	m := New(1)
	for seq := range uint64(roster.ResultsMax) {
		one(m, 0, roster.Op{Request: roster.Request{Client: 1, Seq: seq + 1}, Command: roster.Tick{}})
	}
	op := roster.Op{Request: roster.Request{Client: 1, Seq: roster.ResultsMax + 1}, Command: roster.Register{Mode: roster.ModePut, Agent: roster.Agent{ID: "a/b"}}}
	r := one(m, 0, op)
	if roster.CodeOf(r.Err) != roster.CodeOverloaded || m.View().Agents() != 0 {
		t.Fatalf("got %+v with %d agents", r, m.View().Agents())
	}
	if again := one(m, 0, roster.Op{Request: roster.Request{Client: 1, Seq: 1}, Command: roster.Tick{}}); again.Index != 1 {
		t.Error("the first result was evicted")
	}
	op.Request.Done = 1
	if r = one(m, 0, op); r.Err != nil || m.View().Agents() != 1 {
		t.Errorf("with room again: %v", r.Err)
	}
}

func TestClientsBounded(t *testing.T) {
	m := New(1)
	for from := 0; from < roster.ClientsMax; from += roster.EntryOpsMax {
		e := roster.Entry{Shard: 1}
		for i := range roster.EntryOpsMax {
			e.Ops = append(e.Ops, roster.Op{Request: roster.Request{Client: uint64(from + i + 1), Seq: 2, Done: 1}, Command: roster.Tick{}})
		}
		m.Apply(e)
	}
	r := one(m, 0, roster.Op{Request: roster.Request{Client: 1 << 63, Seq: 2, Done: 1}, Command: roster.Tick{}})
	if roster.CodeOf(r.Err) != roster.CodeOverloaded || m.requests.clients.Len() != roster.ClientsMax {
		t.Errorf("got %+v", r)
	}
	if r = one(m, 0, roster.Op{Command: roster.Tick{}}); r.Err != nil {
		t.Errorf("without a request: %v", r.Err)
	}
}

func TestResultBytesBounded(t *testing.T) {
	m := New(1)
	m.requests.bytes = roster.ResultBytesMax
	if r := one(m, 0, roster.Op{Request: roster.Request{Client: 1, Seq: 2, Done: 1}, Command: roster.Tick{}}); roster.CodeOf(r.Err) != roster.CodeOverloaded {
		t.Errorf("got %+v", r)
	}
}

// Clients that never say what they are done with shut out each other, and nobody else.
func TestKeysLeaveRoom(t *testing.T) {
	keyed := func(n uint64) roster.Op {
		return roster.Op{Request: roster.Request{Client: n, Seq: 1}, Command: roster.Tick{}}
	}
	node := roster.Op{Request: roster.Request{Client: 1 << 63, Seq: 2, Done: 1}, Command: roster.Tick{}}
	clients, bytes := New(1), New(1)
	for n := range uint64(roster.ClientsMax) {
		one(clients, 0, keyed(n+1))
	}
	bytes.requests.bytes = roster.ResultBytesMax * 15 / 16
	for name, m := range map[string]*Machine{"clients": clients, "bytes": bytes} {
		if r := one(m, 0, keyed(1<<62)); roster.CodeOf(r.Err) != roster.CodeOverloaded {
			t.Errorf("%s: one key more: %v", name, r.Err)
		}
		if r := one(m, 0, node); r.Err != nil {
			t.Errorf("%s: a node: %v", name, r.Err)
		}
	}
}

// crowd registers n agents under session s.
func crowd(m *Machine, s roster.SessionID, n int) {
	e := roster.Entry{Shard: m.shard}
	for i := range n {
		a := crew(i)
		a.Session = s
		e.Ops = append(e.Ops, roster.Op{Command: roster.Register{Agent: a, Mode: roster.ModePut}})
	}
	m.Apply(e)
}

// A session of many agents ends in portions; what is left is due at once, is treated
// as gone by any command that meets it, and a restart in between changes nothing.
func TestLargeSessionsEndInPortions(t *testing.T) {
	m := New(1)
	one(m, 0, roster.Op{Command: roster.OpenSession{ID: "s", TTL: 15e9}})
	const n = 2*roster.ExpiriesMax + 100
	crowd(m, "s", n)
	r := one(m, 0, roster.Op{Command: roster.EndSession{ID: "s"}})
	if got := len(r.Events); got != roster.ExpiriesMax+1 {
		t.Errorf("%d events in one entry", got)
	}
	if left := m.View().Agents(); left != n-roster.ExpiriesMax {
		t.Errorf("%d agents are left", left)
	}
	if at, ok := m.View().NextDeadline(); !ok || at > m.now {
		t.Errorf("the rest is not due: %v %v", at, ok)
	}
	last, _, _ := m.agents.byID.Max()
	if r := one(m, 0, roster.Op{Command: roster.SetHealth{ID: last, Health: roster.Health{State: roster.Passing}}}); roster.CodeOf(r.Err) != roster.CodeNotFound {
		t.Errorf("an agent of an ended session answers %+v", r)
	}
	m = restored(t, m)
	one(m, 0, roster.Op{Command: roster.Tick{}})
	if left := m.View().Agents(); left != 0 {
		t.Errorf("%d agents are left", left)
	}
	if m.sessions.draining.Len() != 0 || m.agents.holds.Len() != 0 {
		t.Error("the session still drains")
	}
}

// An ended session is refused for EndedKeep, then its id is free.
func TestEndedSessionsAreForgotten(t *testing.T) {
	m := New(1)
	open := roster.Op{Command: roster.OpenSession{ID: "s", TTL: 15e9}}
	one(m, 0, open)
	one(m, 0, roster.Op{Command: roster.EndSession{ID: "s"}})
	wait(m, roster.EndedKeep-1)
	if r := one(m, m.now, open); roster.CodeOf(r.Err) != roster.CodeGone {
		t.Errorf("before its time: %+v", r)
	}
	wait(m, roster.EndedKeep)
	if m.sessions.byID.Len() != 0 {
		t.Error("the ended session is kept")
	}
	if r := one(m, m.now, open); r.Err != nil {
		t.Errorf("after its time: %v", r.Err)
	}
}

// Epochs are forgotten FenceKeep after the last act, but not while the agent is here.
func TestFencesAreForgotten(t *testing.T) {
	m := New(1)
	one(m, 0, roster.Op{Command: roster.Register{Mode: roster.ModePut, Agent: roster.Agent{ID: "a/here"}}})
	one(m, 0, roster.Op{Command: roster.Fence{Agent: "a/here", Epoch: 9}})
	one(m, 0, roster.Op{Command: roster.Fence{Agent: "a/far", Epoch: 9}})
	wait(m, FenceKeep)
	_, here := m.fences.Get("a/here", 0)
	_, far := m.fences.Get("a/far", 0)
	if !here || far {
		t.Errorf("kept: here %v, far %v", here, far)
	}
}

// A node that left is forgotten, one that is down is not.
func TestNodesThatLeftAreForgotten(t *testing.T) {
	m := New(roster.SystemShard)
	for _, id := range []roster.NodeID{"down-1", "left-1"} {
		one(m, 0, roster.Op{Command: roster.JoinNode{Node: roster.NodeInfo{ID: id}}})
	}
	one(m, 0, roster.Op{Command: roster.LeaveNode{ID: "left-1"}})
	wait(m, roster.EndedKeep)
	if nodes := m.View().Nodes(); len(nodes) != 1 || nodes[0].ID != "down-1" || nodes[0].State != roster.NodeDown {
		t.Errorf("got %+v", nodes)
	}
}

func TestNodesBounded(t *testing.T) {
	m := New(roster.SystemShard)
	for i := range NodesMax {
		one(m, 0, roster.Op{Command: roster.JoinNode{Node: roster.NodeInfo{ID: roster.NodeID(crew(i).ID)}}})
	}
	if r := one(m, 0, roster.Op{Command: roster.JoinNode{Node: roster.NodeInfo{ID: "more"}}}); roster.CodeOf(r.Err) != roster.CodeOverloaded {
		t.Errorf("got %+v", r)
	}
	if r := one(m, 0, roster.Op{Command: roster.JoinNode{Node: roster.NodeInfo{ID: roster.NodeID(crew(0).ID)}}}); r.Err != nil {
		t.Errorf("one that is known: %v", r.Err)
	}
}

// More leases than an entry may let run out: a node whose turn has not come is down
// for every command all the same.
func TestExpiriesBounded(t *testing.T) {
	m := New(roster.SystemShard)
	for i := range NodesMax {
		one(m, 0, roster.Op{Command: roster.JoinNode{Node: roster.NodeInfo{ID: roster.NodeID(crew(i).ID)}}, Request: roster.Request{Client: 1, Seq: uint64(i) + 1, Done: uint64(i)}})
	}
	m.turn = turn{budget: 10}
	m.advance(roster.NodeLease)
	m.expire()
	if len(m.turn.events) != 10 {
		t.Fatalf("%d events, want 10", len(m.turn.events))
	}
	var first roster.NodeID // whose lease is over, but whose turn has not come
	m.nodes.byID.Scan(func(id roster.NodeID, n roster.NodeInfo) bool {
		first = id
		return n.State != roster.NodeAlive
	})
	m.turn = turn{} // no budget at all
	if err := m.renewNode(roster.RenewNode{ID: first}); roster.CodeOf(err) != roster.CodeNotFound {
		t.Errorf("a lease that is over was renewed: %v", err)
	}
	if len(m.turn.events) != 1 || m.turn.events[0].Type != roster.EventNodeDown {
		t.Errorf("events %+v", m.turn.events)
	}
}
