package fsm

import (
	"errors"

	"roster"
	"roster/fleet"
	"roster/fsm/fences"
	"roster/fsm/fleets"
	"roster/fsm/keep"
	"roster/fsm/table"
	"roster/fsm/tokens"
)

// Machine is the state of one shard. Make one with New.
type Machine struct {
	shard roster.ShardID
	table *table.Table // what look-ups read; outlives every Restore
	*state
	turn turn
}

// state is everything that entries change; Restore swaps it whole.
type state struct {
	index    roster.Index
	now      roster.LogTime
	requests requests
	agents   agents
	fences   fences.Table
	sessions sessions
	nodes    nodes
	tokens   tokens.Table
	fleets   fleets.Table
}

// turn is what lives no longer than one entry.
type turn struct {
	wall   roster.WallTime
	budget int            // things that may still run out in this entry
	all    []roster.Event // of the entry, in one piece of memory
	events []roster.Event // of the present operation, the last of those
}

// New returns the empty machine of a shard, at index 0 and log time 0.
func New(shard roster.ShardID) *Machine {
	state := newState()
	return &Machine{shard: shard, table: table.New(state.agents.roll), state: state}
}

func newState() *state {
	keeper := keep.New()
	return &state{requests: newRequests(keeper), agents: newAgents(keeper), fences: fences.New(), sessions: newSessions(), nodes: newNodes(), tokens: tokens.New(), fleets: fleets.New()}
}

// Lookup returns the newest applied record of id. It takes no lock and allocates
// nothing.
func (m *Machine) Lookup(id roster.AgentID) (*roster.Record, bool) { return m.table.Get(id) }

// Index returns the index of the last entry's last operation. A reader that loads it
// before Lookup finds a record at least as new.
func (m *Machine) Index() roster.Index { return m.table.Index() }

// Now returns the log time of the last entry; it is the writer's to call.
func (m *Machine) Now() roster.LogTime { return m.now }

// Shard returns the shard that the machine keeps.
func (m *Machine) Shard() roster.ShardID { return m.shard }

// Apply carries out one log entry and returns the result of each operation, in order.
// Every operation takes an index, also one that is refused or repeated. A repeated
// request answers what it answered the first time, under that index; its Events, like
// those of any result, are what this log position brought about.
func (m *Machine) Apply(e roster.Entry) []roster.Result {
	results := make([]roster.Result, len(e.Ops))
	ours := e.Shard == m.shard
	if ours {
		m.advance(e.At)
	}
	m.turn = turn{wall: e.Wall, budget: roster.ExpiriesMax, all: make([]roster.Event, 0, len(e.Ops))}
	for i, op := range e.Ops {
		m.index++
		m.turn.events = nil
		if !ours {
			results[i] = m.result(nil, roster.Errorf(roster.CodeInternal, "an entry of shard %d in the log of shard %d", e.Shard, m.shard))
			continue
		}
		results[i] = m.apply(op, i == 0)
	}
	m.table.Publish(m.index)
	return results
}

// apply carries out one operation. The request is looked at before anything runs out,
// so that a client that speaks is never forgotten in the same breath.
func (m *Machine) apply(op roster.Op, first bool) roster.Result {
	answer, answered := m.begin(op.Request)
	if first {
		m.expire()
	}
	if !answered {
		answer = m.result(m.execute(op))
		m.remember(op, answer)
	}
	answer.Events = m.turn.events
	return answer
}

// result makes an answer of a command's value or refusal.
func (m *Machine) result(value any, err error) roster.Result {
	if err == nil {
		return roster.Result{Index: m.index, Value: value}
	}
	refusal, ok := errors.AsType[*roster.Error](err)
	if !ok {
		refusal = roster.Errorf(roster.CodeInternal, "%s", err.Error())
	}
	refusal.Shard, refusal.Index = m.shard, m.index
	return roster.Result{Index: m.index, Err: refusal}
}

// execute fences the actor and runs the command.
func (m *Machine) execute(op roster.Op) (any, error) {
	if err := m.admit(op.Actor); err != nil {
		return nil, err
	}
	return m.run(op.Command)
}

// run is the command table: one line a kind.
func (m *Machine) run(c roster.Command) (any, error) {
	switch c := c.(type) {
	case roster.Tick:
		return nil, nil
	case roster.Register:
		return m.register(c)
	case roster.Update:
		return m.update(c)
	case roster.Deregister:
		return m.deregister(c)
	case roster.SetHealth:
		return m.setHealth(c)
	case roster.Fence:
		return nil, m.raise(c)
	case roster.OpenSession:
		return m.openSession(c)
	case roster.AttachSession:
		return m.attachSession(c)
	case roster.EndSession:
		return m.endSession(c)
	case roster.DetachSession:
		return m.detachSession(c)
	case roster.JoinNode:
		return nil, m.joinNode(c)
	case roster.LeaveNode:
		return nil, m.leaveNode(c)
	case roster.RenewNode:
		return nil, m.renewNode(c)
	case roster.SetMap:
		return nil, m.setMap(c)
	case roster.SetToken, roster.DropToken:
		return nil, m.changeTokens(c)
	case fleet.Set, fleet.Scale, fleet.Drop, fleet.Recall, fleet.Place, fleet.Report, fleet.Save:
		r := m.changeFleets(c)
		return r.Value, r.Err
	}
	return nil, roster.Invalid("", "%T is not a command", c)
}

// emit adds an event to the present operation's.
func (m *Machine) emit(e roster.Event) {
	e.Shard, e.Index = m.shard, m.index
	n := len(m.turn.events) + 1
	m.turn.all = append(m.turn.all, e)
	m.turn.events = m.turn.all[len(m.turn.all)-n : len(m.turn.all) : len(m.turn.all)]
}

// refuse is roster.Errorf under a shorter name: the rules refuse often.
func refuse(code roster.Code, format string, args ...any) error {
	return roster.Errorf(code, format, args...)
}
