package fsm

import (
	"slices"
	"time"

	"github.com/tidwall/btree"

	"roster"
	"roster/fsm/aging"
	"roster/fsm/codec"
)

// SessionsMax bounds the sessions of one shard, those included that have ended and are
// kept.
const SessionsMax = 1 << 20

// sessions holds the sessions that live here, and of others that they have ended.
type sessions struct {
	byID     *btree.Map[roster.SessionID, session]
	order    aging.Order[roster.SessionID]          // when ended ones are forgotten
	draining *btree.Map[roster.SessionID, struct{}] // ended ones that still hold agents
}

// session is one of: live at home, ending at home (some shard must still be told),
// ended at home, ended elsewhere. The last two are forgotten at until.
type session struct {
	roster.Session
	home  bool
	until roster.LogTime // 0: not before more has happened
}

func newSessions() sessions {
	return sessions{btree.NewMap[roster.SessionID, session](0), aging.New[roster.SessionID](), btree.NewMap[roster.SessionID, struct{}](0)}
}

// session returns what is known of a session, unless its time is over.
func (m *Machine) session(id roster.SessionID) (session, bool) {
	s, ok := m.sessions.byID.Get(id)
	if !ok || s.until != 0 && s.until <= m.now {
		return session{}, false
	}
	return s, true
}

// ended reports whether a session is known to have ended.
func (m *Machine) ended(id roster.SessionID) bool {
	s, ok := m.session(id)
	return ok && s.Ended
}

// set keeps what is known of a session, and until when.
func (t *sessions) set(s session) {
	if old, ok := t.byID.Set(s.ID, s); ok && old.until != 0 {
		t.order.Drop(s.ID, old.until)
	}
	if s.until != 0 {
		t.order.Set(s.ID, s.until)
	}
}

// openSession begins a session in its home shard.
func (m *Machine) openSession(c roster.OpenSession) (any, error) {
	if err := c.ID.Validate(); err != nil {
		return nil, err
	}
	if c.TTL < roster.Duration(roster.SessionTTLMin) || c.TTL > roster.Duration(roster.SessionTTLMax) {
		return nil, roster.Invalid("ttl", "ttl %v: want %v to %v", time.Duration(c.TTL), roster.SessionTTLMin, roster.SessionTTLMax)
	}
	if s, known := m.session(c.ID); known {
		if s.Ended {
			return nil, sessionGone(c.ID)
		}
		return nil, refuse(roster.CodeConflict, "session %s is already open", c.ID)
	}
	if m.sessions.byID.Len() >= SessionsMax {
		return nil, overloaded("this shard holds %d sessions", SessionsMax)
	}
	s := session{Session: roster.Session{ID: c.ID, TTL: c.TTL, Generation: m.index, Shards: []roster.ShardID{}}, home: true}
	return m.keep(s), nil
}

func sessionGone(id roster.SessionID) error {
	return refuse(roster.CodeGone, "session %s has ended", id)
}

// keep stores a session, says so and returns what the command answers.
func (m *Machine) keep(s session) roster.Session {
	m.sessions.set(s)
	m.emit(roster.Event{Type: roster.EventSession, Session: s.ID})
	return s.Session
}

// attachSession names a shard in which the session is about to be used.
func (m *Machine) attachSession(c roster.AttachSession) (any, error) {
	s, known := m.session(c.ID)
	switch {
	case known && s.Ended:
		return nil, sessionGone(c.ID)
	case !known:
		return nil, refuse(roster.CodeNotFound, "session %s is not known", c.ID)
	}
	at, there := slices.BinarySearch(s.Shards, c.Shard)
	if there || c.Shard == m.shard {
		return s.Session, nil
	}
	if len(s.Shards) >= roster.ShardsMax {
		return nil, overloaded("session %s is used in %d shards", c.ID, len(s.Shards))
	}
	s.Shards = slices.Insert(slices.Clone(s.Shards), at, c.Shard)
	return m.keep(s), nil
}

// detachSession notes that a shard has ended what the session held there.
func (m *Machine) detachSession(c roster.DetachSession) (any, error) {
	s, known := m.session(c.ID)
	if !known || !s.home {
		return nil, refuse(roster.CodeNotFound, "session %s is not known", c.ID)
	}
	at, there := slices.BinarySearch(s.Shards, c.Shard)
	if !there {
		return s.Session, nil
	}
	if !s.Ended {
		return nil, refuse(roster.CodeConflict, "session %s is live: end it first", c.ID)
	}
	s.Shards = slices.Delete(slices.Clone(s.Shards), at, at+1)
	if len(s.Shards) == 0 {
		s.until = m.now + roster.EndedKeep
	}
	return m.keep(s), nil
}

// endSession ends a session: at home, or what it holds here when its home says so.
func (m *Machine) endSession(c roster.EndSession) (any, error) {
	if err := c.ID.Validate(); err != nil {
		return nil, err
	}
	s, known := m.session(c.ID)
	switch {
	case c.Shard != 0 && c.Shard != m.shard:
		return nil, roster.Invalid("shard", "an order for shard %d in the log of shard %d", c.Shard, m.shard)
	case known && s.home && c.If != 0 && c.If != s.Generation:
		return nil, refuse(roster.CodeConflict, "session %s is of generation %d, not %d", c.ID, s.Generation, c.If)
	case known && s.Ended:
		return s.Session, nil
	case !known && c.Shard == 0:
		return nil, refuse(roster.CodeNotFound, "session %s is not known", c.ID)
	case !known && m.sessions.byID.Len() >= SessionsMax:
		return nil, overloaded("this shard holds %d sessions", SessionsMax)
	case !known:
		s = session{Session: roster.Session{ID: c.ID, Shards: []roster.ShardID{}}}
	}
	s.Ended = true
	if len(s.Shards) == 0 {
		s.until = m.now + roster.EndedKeep
	}
	answer := m.keep(s)
	m.drain(c.ID)
	return answer, nil
}

func (t *sessions) tag() uint64 { return tagSessions }

// export writes sessions with their home slot, and what ended elsewhere to every part:
// no slot says where such a session might be named again.
func (t *sessions) export(in func(roster.Key) bool, put func(func(*codec.Writer))) {
	t.byID.Scan(func(id roster.SessionID, s session) bool {
		if !s.home || in(id.Key()) {
			put(func(w *codec.Writer) {
				w.Array(3)
				w.Session(s.Session)
				w.Bool(s.home)
				w.Int(int64(s.until))
			})
		}
		return true
	})
}

func (t *sessions) load(r *codec.Reader) {
	r.Array(3)
	s := session{Session: r.Session(), home: r.Bool(), until: roster.LogTime(r.Int())}
	if old, known := t.byID.Get(s.ID); known && (old.home || s.home) {
		r.Fail("session %s is there twice", s.ID)
		return
	} else if known {
		s.until = max(s.until, old.until)
	}
	t.set(s)
}
