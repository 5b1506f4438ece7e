package fsm

import "roster"

// LiftStep is what Lift lifts an index to a multiple of: more commands than a shard
// carries out between a backup and its loss, at a million a second in twelve days.
const LiftStep roster.Index = 1 << 40

// Lift begins a new life with the state of an old one, which went on after that state was
// taken. Nothing that is drawn from now on may look like what the old life gave out later:
//
//   - The index, from which revisions, epochs, tokens and cursors are drawn, goes to the
//     next multiple of LiftStep.
//   - Every session that lives, or that an agent here names, ends: nobody renewed it. What
//     it held ends as with any session, in bounded portions.
func (m *Machine) Lift(wall roster.WallTime) error {
	m.index = (m.index/LiftStep + 1) * LiftStep
	m.table.Publish(m.index)
	var ops []roster.Op
	for _, c := range m.living() {
		ops = append(ops, roster.Op{Command: c})
	}
	return firstRefusal(m.Apply(roster.Entry{Shard: m.shard, At: m.now, Wall: wall, Ops: ops}))
}

// living returns what ends every session: those at home here, and those that have their
// home in another shard, whose state may be older than this one and not know them.
func (m *Machine) living() []roster.EndSession {
	var ends []roster.EndSession
	m.sessions.byID.Scan(func(id roster.SessionID, s session) bool {
		if s.home && !s.Ended {
			ends = append(ends, roster.EndSession{ID: id})
		}
		return true
	})
	var last roster.SessionID
	m.agents.holds.Scan(func(h hold) bool {
		if _, known := m.sessions.byID.Get(h.session); !known && h.session != last {
			ends = append(ends, roster.EndSession{ID: h.session, Shard: m.shard})
		}
		last = h.session
		return true
	})
	return ends
}

func firstRefusal(results []roster.Result) error {
	for _, r := range results {
		if r.Err != nil {
			return r.Err
		}
	}
	return nil
}
