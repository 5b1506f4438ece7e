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

// tellPause is the pause before a keeper tells again a shard that did not answer.
const tellPause = time.Second

// tellersMax bounds the ended sessions that a keeper tells other shards about at once.
const tellersMax = 32

// keeper counts the TTL of a shard's sessions while this node leads the shard.
// Renewals are memory: they cost no log entry, and a new leader gives every session
// a full TTL, so that a session never ends early. Log time never ends a session.
type keeper struct {
	group   *shard.Group
	log     *slog.Logger
	propose func(context.Context, roster.ShardID, roster.Command) (roster.Result, error)

	mu struct {
		sync.Mutex
		live map[roster.SessionID]*liveSession
	}
	ended chan struct{} // a session ended: there may be shards to tell
}

// liveSession is a session's remaining life in memory.
type liveSession struct {
	generation roster.Index
	ttl        time.Duration
	until      time.Time
	holders    map[roster.NodeID]bool // nodes at which a client holds it open
	ending     chan struct{}          // its end is being proposed; closed when that is decided
}

func newKeeper(g *shard.Group, log *slog.Logger, propose func(context.Context, roster.ShardID, roster.Command) (roster.Result, error)) *keeper {
	k := &keeper{group: g, log: log, propose: propose, ended: make(chan struct{}, 1)}
	k.mu.live = make(map[roster.SessionID]*liveSession)
	return k
}

// run keeps the sessions until ctx, the leadership, ends.
func (k *keeper) run(ctx context.Context) error {
	if err := k.load(); err != nil {
		return err
	}
	k.wake()
	tellerDone := make(chan struct{})
	go func() {
		defer close(tellerDone)
		k.tell(ctx)
	}()
	tick := time.NewTicker(keeperStep)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-tick.C:
			k.expire(ctx)
		case <-ctx.Done():
		}
	}
	<-tellerDone
	return nil
}

// load gives every session that the state machine knows a full TTL from now.
func (k *keeper) load() error {
	_, err := k.group.View(func(v *fsm.View) error {
		for _, s := range v.Sessions() {
			if !s.Ended {
				k.opened(s)
			}
		}
		return nil
	})
	return err
}

// opened begins the count of a session, unless it is counted already.
func (k *keeper) opened(s roster.Session) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if known := k.mu.live[s.ID]; known != nil && known.generation >= s.Generation {
		return
	}
	k.mu.live[s.ID] = &liveSession{generation: s.Generation, ttl: time.Duration(s.TTL),
		until: time.Now().Add(time.Duration(s.TTL)), holders: make(map[roster.NodeID]bool)}
}

// closed forgets a session that has ended in the log.
func (k *keeper) closed(id roster.SessionID) {
	k.undecided(id)
	k.mu.Lock()
	delete(k.mu.live, id)
	k.mu.Unlock()
	k.wake()
}

func (k *keeper) wake() {
	select {
	case k.ended <- struct{}{}:
	default:
	}
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
			s.until = time.Now().Add(roster.SessionGrace)
		}
		return nil, nil
	case r.Hold == holdBegin:
		s.holders[from] = true
	}
	s.until = time.Now().Add(s.ttl)
	return nil, nil
}

// alive says, from the state machine, whether a session has ended or never was.
func (k *keeper) alive(id roster.SessionID) error {
	var known, ended bool
	_, err := k.group.View(func(v *fsm.View) error {
		s, ok := v.Session(id)
		known, ended = ok, s.Ended
		return nil
	})
	switch {
	case err != nil:
		return err
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

// expire proposes the end of every session whose time is up. What cannot be
// proposed now is tried again at the next step.
func (k *keeper) expire(ctx context.Context) {
	var all sync.WaitGroup
	for _, end := range k.due(time.Now()) {
		all.Go(func() {
			_, err := k.propose(ctx, k.group.ID(), end)
			switch roster.CodeOf(err) {
			case "", roster.CodeConflict, roster.CodeGone, roster.CodeNotFound:
				k.closed(end.ID)
			default:
				k.undecided(end.ID)
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
		if s.ending == nil && !s.until.After(now) && len(due) < roster.ExpiriesMax {
			s.ending = make(chan struct{})
			due = append(due, roster.EndSession{ID: id, If: s.generation})
		}
	}
	return due
}

// undecided lets a session whose end was not proposed be renewed again.
func (k *keeper) undecided(id roster.SessionID) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if s := k.mu.live[id]; s != nil && s.ending != nil {
		close(s.ending)
		s.ending = nil
	}
}

// tell brings the end of each ended session to the other shards in which it was
// used, until all have acknowledged.
func (k *keeper) tell(ctx context.Context) {
	for {
		select {
		case <-k.ended:
		case <-ctx.Done():
			return
		}
		if !k.tellAll(ctx) && router.Wait(ctx, tellPause) {
			k.wake()
		}
	}
}

// tellAll makes one round and reports whether nothing is left to tell.
func (k *keeper) tellAll(ctx context.Context) bool {
	var ending []roster.Session
	if _, err := k.group.View(func(v *fsm.View) error {
		for _, s := range v.Sessions() {
			if s.Ended && len(s.Shards) > 0 {
				ending = append(ending, s)
			}
		}
		return nil
	}); err != nil {
		return false
	}
	all := true
	for len(ending) > 0 && ctx.Err() == nil {
		round := ending[:min(len(ending), tellersMax)]
		ending = ending[len(round):]
		all = k.tellSome(ctx, round) && all
	}
	return all
}

func (k *keeper) tellSome(ctx context.Context, round []roster.Session) bool {
	told := make([]bool, len(round))
	var tellers sync.WaitGroup
	for i, s := range round {
		tellers.Go(func() { told[i] = k.tellShards(ctx, s) })
	}
	tellers.Wait()
	for _, ok := range told {
		if !ok {
			return false
		}
	}
	return true
}

func (k *keeper) tellShards(ctx context.Context, s roster.Session) bool {
	for _, id := range s.Shards {
		if _, err := k.propose(ctx, id, roster.EndSession{ID: s.ID, Shard: id}); err != nil {
			k.log.Debug("end session elsewhere", "shard", id, "err", err)
			return false
		}
		if _, err := k.propose(ctx, k.group.ID(), roster.DetachSession{ID: s.ID, Shard: id}); err != nil {
			return false
		}
	}
	return true
}
