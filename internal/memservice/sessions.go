package memservice

import (
	"cmp"
	"context"
	"crypto/rand"
	"strings"
	"time"

	"roster"
)

// life is what keeps a session alive: its deadline, unless somebody holds it.
type life struct {
	ttl      time.Duration
	deadline time.Duration // by the service's clock
	holds    int
	ended    chan struct{}
}

func prepareSession(c roster.OpenSession) (roster.Command, error) {
	c.TTL = cmp.Or(c.TTL, roster.Duration(roster.SessionTTL))
	if ttl := time.Duration(c.TTL); ttl < roster.SessionTTLMin || ttl > roster.SessionTTLMax {
		return c, roster.Invalid("ttl", "ttl %v: want %v to %v", ttl, roster.SessionTTLMin, roster.SessionTTLMax)
	}
	if c.ID == "" {
		c.ID = roster.SessionID(strings.ToLower(rand.Text()))
	}
	return c, c.ID.Validate()
}

// attach names the shard in the session's home record. The lock is held.
func (s *Service) attach(id roster.SessionID, target roster.ShardID) error {
	return s.apply(s.shardOf(id.Key()), roster.Op{Command: roster.AttachSession{ID: id, Shard: target}}).Err
}

// followed does what must follow a command about a session: a live one gets a
// deadline, an ended one is carried to the shards that it was used in. The lock is
// held.
func (s *Service) followed(c roster.Command, result roster.Result) {
	session, ok := result.Value.(roster.Session)
	if !ok || result.Err != nil {
		return
	}
	switch c.(type) {
	case roster.OpenSession:
		s.begin(session)
	case roster.EndSession:
		s.ended(session.ID)
	}
}

// begin gives a session its deadline, unless this was the repeated answer of a
// session that is known, or over, already.
func (s *Service) begin(session roster.Session) {
	now, live := s.live(session.ID)
	if _, known := s.mu.lives[session.ID]; known || !live {
		return
	}
	ttl := time.Duration(now.TTL)
	s.mu.lives[session.ID] = &life{ttl: ttl, deadline: s.config.Now() + ttl, ended: make(chan struct{})}
	s.nudge()
}

// ended tells every shard that a session was used in, and those that hold it.
func (s *Service) ended(id roster.SessionID) {
	home := s.shardOf(id.Key())
	session, _ := s.shard(home).machine.View().Session(id)
	for _, shard := range session.Shards {
		s.apply(shard, roster.Op{Command: roster.EndSession{ID: id, Shard: shard}})
		s.apply(home, roster.Op{Command: roster.DetachSession{ID: id, Shard: shard}})
	}
	if l := s.mu.lives[id]; l != nil {
		close(l.ended)
		delete(s.mu.lives, id)
	}
}

func (s *Service) live(id roster.SessionID) (roster.Session, bool) {
	session, known := s.shard(s.shardOf(id.Key())).machine.View().Session(id)
	return session, known && !session.Ended
}

// alive returns the life of a session, or why it has none. The lock is held.
func (s *Service) alive(id roster.SessionID) (*life, error) {
	if l := s.mu.lives[id]; l != nil {
		return l, nil
	}
	if _, known := s.shard(s.shardOf(id.Key())).machine.View().Session(id); known {
		return nil, roster.Errorf(roster.CodeGone, "session %s has ended", id)
	}
	return nil, roster.Errorf(roster.CodeNotFound, "no session %s", id)
}

// Session returns a live session.
func (s *Service) Session(_ context.Context, id roster.SessionID) (roster.Session, roster.Stamp, error) {
	if err := id.Validate(); err != nil {
		return roster.Session{}, roster.Stamp{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	home := s.shardOf(id.Key())
	at := stamp(home, s.shard(home).machine.Index())
	if _, err := s.alive(id); err != nil {
		return roster.Session{}, at, err
	}
	session, _ := s.live(id)
	return session, at, nil
}

// RenewSessions restarts the TTL of sessions.
func (s *Service) RenewSessions(_ context.Context, ids []roster.SessionID) ([]error, error) {
	if len(ids) > roster.BatchMax {
		return nil, roster.Errorf(roster.CodeTooLarge, "%d ids; at most %d", len(ids), roster.BatchMax)
	}
	for _, id := range ids {
		if err := id.Validate(); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	faults := make([]error, len(ids))
	for i, id := range ids {
		l, err := s.alive(id)
		if faults[i] = err; err == nil {
			l.deadline = s.config.Now() + l.ttl
		}
	}
	s.nudge()
	return faults, nil
}

// HoldSession keeps a session alive until ctx ends, and SessionGrace longer.
func (s *Service) HoldSession(ctx context.Context, id roster.SessionID, held func()) error {
	if err := id.Validate(); err != nil {
		return err
	}
	l, err := s.take(id)
	if err != nil {
		return err
	}
	defer s.release(l)
	if held != nil {
		held()
	}
	select {
	case <-ctx.Done():
		return nil
	case <-l.ended:
		return roster.Errorf(roster.CodeGone, "session %s has ended", id)
	}
}

func (s *Service) take(id roster.SessionID) (*life, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, err := s.alive(id)
	if err == nil {
		l.holds++
	}
	return l, err
}

// release lets go of a session. The last to do so sets the grace, which a renewal
// or another hold lifts again.
func (s *Service) release(l *life) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.holds--; l.holds == 0 {
		l.deadline = s.config.Now() + roster.SessionGrace
		s.nudge()
	}
}

// nudge makes the sweeper look again.
func (s *Service) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// run is the sweeper: it ends the sessions whose deadline has come.
func (s *Service) run(ctx context.Context) {
	defer close(s.done)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		case <-timer.C:
		}
		timer.Reset(s.sweep())
	}
}

// idle is how long the sweeper sleeps while no deadline is near.
const idle = time.Hour

// sweep ends what is due and returns how long nothing will be.
func (s *Service) sweep() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, next := s.config.Now(), idle
	var due []roster.SessionID
	for id, l := range s.mu.lives {
		switch {
		case l.holds > 0:
		case l.deadline <= now:
			due = append(due, id)
		default:
			next = min(next, l.deadline-now)
		}
	}
	for _, id := range due {
		s.apply(s.shardOf(id.Key()), roster.Op{Command: roster.EndSession{ID: id}})
		s.ended(id)
	}
	return next
}
