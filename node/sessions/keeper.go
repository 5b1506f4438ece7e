package sessions

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"roster"
	"roster/fsm"
	"roster/node/router"
	"roster/shard"
)

// keeperStep is how often a keeper looks for sessions that ran out, and so how late
// an end may be noticed.
const keeperStep = 100 * time.Millisecond

// keeperRest is how often it looks while there are none: none that begins meanwhile ends
// before that.
const keeperRest = 500 * time.Millisecond

// keeper counts the TTL of a shard's sessions while this node leads the shard.
// Renewals are memory: they cost no log entry, and a new leader gives every session
// a full TTL, so that a session never ends early. Log time never ends a session.
//
// A leader whose disk hangs does not notice that others have replaced it. So a renewal
// counts only while a quorum has taken this node for the leader within the lease, and a
// new leader adds a lease to what it gives: by then nobody else renews any more.
type keeper struct {
	group   *shard.Group
	log     *slog.Logger
	propose func(context.Context, roster.ShardID, roster.Command) (roster.Result, error)

	mu struct {
		sync.Mutex
		live map[roster.SessionID]*liveSession
	}
	over  <-chan struct{} // the leadership has ended: nothing that is said here counts
	ended chan struct{}   // a session ended: there may be shards to tell
}

// liveSession is a session's remaining life in memory.
type liveSession struct {
	generation roster.Index
	ttl        time.Duration
	until      time.Time
	holders    map[roster.NodeID]bool // nodes at which a client holds it open
	heard      time.Time              // by then every node that holds it has said so to this keeper
	ending     chan struct{}          // its end is being proposed; closed when that is decided
	doubt      bool                   // its end may have been executed: only a certain answer decides
}

func newKeeper(over <-chan struct{}, g *shard.Group, log *slog.Logger, propose func(context.Context, roster.ShardID, roster.Command) (roster.Result, error)) *keeper {
	k := &keeper{group: g, log: log, propose: propose, over: over, ended: make(chan struct{}, 1)}
	k.mu.live = make(map[roster.SessionID]*liveSession)
	return k
}

// run keeps the sessions until ctx, the leadership, ends.
func (k *keeper) run(ctx context.Context) error {
	from, err := k.load()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	var others sync.WaitGroup
	others.Go(func() { k.tell(ctx) })
	others.Go(func() { k.tick(ctx) })
	err = k.follow(ctx, from)
	cancel()
	others.Wait()
	return err
}

// load gives every session that the state machine knows, and that is not counted yet, a
// full TTL from now, and a lease. It returns the index that it saw.
func (k *keeper) load() (roster.Index, error) {
	seen, err := k.group.View(func(v *fsm.View) error {
		for _, s := range v.Sessions() {
			if !s.Ended {
				k.open(s, time.Now().Add(holdPeriod(s)+router.AttemptWithin), k.group.Timing().Lease)
			}
		}
		return nil
	})
	k.wake()
	return seen.Index, err
}

// follow learns from the log itself which sessions have begun and ended: who proposed
// that may have gone away before it was done.
func (k *keeper) follow(ctx context.Context, from roster.Index) error {
	feed, err := k.group.Feed(from)
	for {
		var events []roster.Event
		if err == nil {
			events, _, err = feed.Next(ctx)
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case roster.CodeOf(err) == roster.CodeGone: // more than is kept has happened
			if from, err = k.load(); err == nil {
				feed, err = k.group.Feed(from)
			}
		case err == nil:
			err = k.learn(events)
		default:
			return err
		}
	}
}

// learn looks at the sessions that events name.
func (k *keeper) learn(events []roster.Event) error {
	var touched []roster.SessionID
	for _, e := range events {
		if e.Type == roster.EventSession {
			touched = append(touched, e.Session)
		}
	}
	if len(touched) == 0 {
		return nil
	}
	_, err := k.group.View(func(v *fsm.View) error {
		for _, id := range touched {
			switch s, known := v.Session(id); {
			case known && !s.Ended:
				k.opened(s)
			case known && len(s.Shards) > 0:
				k.closed(id)
			case known: // nobody else is to be told
				k.forget(id)
			}
		}
		return nil
	})
	return err
}

// tick ends what has run out.
func (k *keeper) tick(ctx context.Context) {
	for router.Wait(ctx, k.step()) {
		k.expire(ctx)
	}
}

func (k *keeper) step() time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.mu.live) == 0 {
		return keeperRest
	}
	return keeperStep
}

// opened begins the count of a session, unless it is counted already.
func (k *keeper) opened(s roster.Session) { k.open(s, time.Time{}, 0) }

func (k *keeper) open(s roster.Session, heard time.Time, more time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if known := k.mu.live[s.ID]; known != nil && known.generation >= s.Generation {
		return
	}
	k.mu.live[s.ID] = &liveSession{generation: s.Generation, ttl: time.Duration(s.TTL),
		until: time.Now().Add(time.Duration(s.TTL) + more), holders: make(map[roster.NodeID]bool), heard: heard}
}

// closed forgets a session that has ended in the log, and has the others told.
func (k *keeper) closed(id roster.SessionID) {
	k.forget(id)
	k.wake()
}

func (k *keeper) forget(id roster.SessionID) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if s := k.mu.live[id]; s != nil && s.ending != nil {
		close(s.ending)
	}
	delete(k.mu.live, id)
}

// renewal is one node's word on a session: it lives, it is held here, or it is no
// longer held here.
type renewal struct {
	ID   roster.SessionID `json:"id"`
	Hold holdState        `json:"hold,omitempty"`
}

type holdState string

const (
	holdBegin holdState = "begin"
	holdEnd   holdState = "end"
)

// renew restarts the TTL. The end of the last hold leaves SessionGrace. A session
// whose end is under way is answered when that is decided: nobody is told that it
// lives on, and then loses it.
func (k *keeper) renew(ctx context.Context, from roster.NodeID, r renewal) error {
	for {
		ending, err := k.restart(from, r)
		if ending == nil {
			return err
		}
		select {
		case <-ending:
		case <-k.over:
		case <-ctx.Done():
			return &roster.Error{Code: roster.CodeUnavailable, Shard: k.group.ID(), Detail: "whether the session ends is not decided yet"}
		}
	}
}

// restart renews at once, or returns the channel to wait for.
func (k *keeper) restart(from roster.NodeID, r renewal) (ending <-chan struct{}, err error) {
	if err := k.alive(r.ID); err != nil {
		return nil, err
	}
	select {
	case <-k.over:
		return nil, &roster.Error{Code: roster.CodeUnavailable, Shard: k.group.ID(), RetryAfter: keeperStep, Detail: "another node leads the session's shard now"}
	default:
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	s := k.mu.live[r.ID]
	switch {
	case s == nil:
		return nil, &roster.Error{Code: roster.CodeUnavailable, Shard: k.group.ID(), RetryAfter: keeperStep, Detail: "the session's leader is just taking over"}
	case s.ending != nil:
		return s.ending, nil
	case r.Hold == holdEnd:
		delete(s.holders, from)
		if len(s.holders) == 0 {
			s.until = later(time.Now().Add(roster.SessionGrace), earlier(s.heard, s.until))
		}
		return nil, nil
	case r.Hold == holdBegin:
		s.holders[from] = true
	}
	s.until = time.Now().Add(s.ttl)
	return nil, nil
}

// alive says, from the state machine, whether a session has ended or never was; Unavailable
// when another node may lead by now.
func (k *keeper) alive(id roster.SessionID) error {
	var known, ended bool
	seen, err := k.group.View(func(v *fsm.View) error {
		s, ok := v.Session(id)
		known, ended = ok, s.Ended
		return nil
	})
	switch {
	case err != nil:
		return err
	case seen.Age >= k.group.Timing().Lease:
		return &roster.Error{Code: roster.CodeUnavailable, Shard: k.group.ID(), RetryAfter: keeperStep, Detail: "no quorum has spoken to the session's leader of late"}
	case ended:
		return ErrEnded(id)
	case !known:
		return roster.Errorf(roster.CodeNotFound, "no session %q", string(id))
	}
	return nil
}

// ErrEnded says that a session is over.
func ErrEnded(id roster.SessionID) error {
	return roster.Errorf(roster.CodeGone, "session %q has ended: open a new one and register again", string(id))
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// expire proposes the end of every session whose time is up, here and nowhere else: the
// next leader has given it a full TTL again. What cannot be proposed now is tried again
// at the next step.
func (k *keeper) expire(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, router.AttemptWithin)
	defer cancel()
	var all sync.WaitGroup
	for _, end := range k.due(time.Now()) {
		all.Go(func() {
			result, err := k.group.Propose(ctx, roster.Op{Command: end})
			if err == nil {
				err = result.Err
			}
			switch code := roster.CodeOf(err); code {
			case "", roster.CodeConflict, roster.CodeGone, roster.CodeNotFound:
				k.closed(end.ID)
			default:
				k.undecided(end.ID, code == roster.CodeUnknown)
			}
		})
	}
	all.Wait()
}

// due marks the sessions whose time is up as ending.
func (k *keeper) due(now time.Time) []roster.EndSession {
	k.mu.Lock()
	defer k.mu.Unlock()
	var due []roster.EndSession
	for id, s := range k.mu.live {
		if (s.doubt || !s.until.After(now)) && len(due) < roster.ExpiriesMax {
			if s.ending == nil {
				s.ending = make(chan struct{})
			}
			due = append(due, roster.EndSession{ID: id, If: s.generation})
		}
	}
	return due
}

// undecided lets a session whose end was not proposed be renewed again. Once its end may
// have been, it is proposed until that is certain.
func (k *keeper) undecided(id roster.SessionID, doubt bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	s := k.mu.live[id]
	if s == nil {
		return
	}
	s.doubt = s.doubt || doubt
	if !s.doubt && s.ending != nil {
		close(s.ending)
		s.ending = nil
	}
}
