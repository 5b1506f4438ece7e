package memservice

import (
	"context"
	"sync"
	"time"

	"roster"
	"roster/dht"
	"roster/fsm"
	"roster/node/post"
)

// Node is the id of the one member.
const Node roster.NodeID = "memory-00000000"

// Config says how to build a Service. The zero value is usable.
type Config struct {
	// Shards is how many agent shards there are; 0: 3.
	Shards int
	// FeedMax is how many events a shard keeps for watchers; 0: roster.FeedEventsMax.
	FeedMax int
	// Now is the time since the service began, from which log time is drawn; nil: the
	// monotonic clock. It must not go back.
	Now func() time.Duration
}

// Service is a registry in memory. Make one with New.
type Service struct {
	mail
	post   *post.Post
	config Config
	slots  []roster.ShardID
	wake   chan struct{} // the sweeper should look at the deadlines anew
	stop   context.CancelFunc
	done   chan struct{}

	mu struct {
		sync.Mutex
		shards  []*shard // by id, 1 first
		system  *fsm.Machine
		changed chan struct{}
		lives   map[roster.SessionID]*life
		left    bool
		paused  bool
		readers roster.Readers
	}
}

var _ roster.Service = (*Service)(nil)

// shard is one machine and what its watchers may still want.
type shard struct {
	machine *fsm.Machine
	feed    []roster.Event
	base    roster.Index // the feed holds every event after it
}

// New returns an empty registry and starts the goroutine that ends its sessions.
func New(c Config) *Service {
	if c.Shards == 0 {
		c.Shards = 3
	}
	if c.FeedMax == 0 {
		c.FeedMax = roster.FeedEventsMax
	}
	if c.Now == nil {
		start := time.Now()
		c.Now = func() time.Duration { return time.Since(start) }
	}
	s := &Service{config: c, wake: make(chan struct{}, 1), done: make(chan struct{})}
	s.mu.changed = make(chan struct{})
	s.mu.system = fsm.New(roster.SystemShard)
	s.mu.lives = make(map[roster.SessionID]*life)
	ids := make([]roster.ShardID, c.Shards)
	for i := range ids {
		ids[i] = roster.ShardID(i + 1)
		s.mu.shards = append(s.mu.shards, &shard{machine: fsm.New(ids[i])})
	}
	s.slots = dht.AssignSlots(ids)
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.post = s.newPost()
	s.mail = s.post
	go s.run(ctx)
	return s
}

// Close ends the sweeper. Calls under way end as their contexts say.
func (s *Service) Close() {
	s.post.Close()
	s.stop()
	<-s.done
}

func (s *Service) shardOf(key roster.Key) roster.ShardID { return s.slots[dht.Slot(key)] }

// shard returns a shard that exists.
func (s *Service) shard(id roster.ShardID) *shard { return s.mu.shards[id-1] }

// known reports whether there is an agent shard of that id.
func (s *Service) known(id roster.ShardID) bool { return id >= 1 && int(id) <= len(s.mu.shards) }

// apply runs one operation in a shard and wakes the watchers. The lock is held.
func (s *Service) apply(id roster.ShardID, op roster.Op) roster.Result {
	sh := s.shard(id)
	entry := roster.Entry{Shard: id, At: roster.LogTime(s.config.Now()), Wall: roster.WallTime(time.Now().UnixNano()), Ops: []roster.Op{op}}
	result := sh.machine.Apply(entry)[0]
	sh.feed = append(sh.feed, result.Events...)
	sh.trim(s.config.FeedMax)
	close(s.mu.changed)
	s.mu.changed = make(chan struct{})
	return result
}

// trim drops the oldest events, whole indexes at a time, once there is a quarter too
// much: dropping them one by one would copy the feed each time.
func (sh *shard) trim(max int) {
	if len(sh.feed) <= max+max/4 {
		return
	}
	sh.base = sh.feed[len(sh.feed)-max-1].Index
	keep := 0
	for keep < len(sh.feed) && sh.feed[keep].Index <= sh.base {
		keep++
	}
	sh.feed = append([]roster.Event(nil), sh.feed[keep:]...)
}

// position returns the present of every shard. The lock is held.
func (s *Service) position() roster.Position {
	p := roster.Position{Ring: 1}
	for _, sh := range s.mu.shards {
		p = p.Advance(sh.machine.Shard(), sh.machine.Index())
	}
	return p
}

// token returns the token that has seen index of one shard.
func token(id roster.ShardID, index roster.Index) roster.Token {
	return roster.Token(roster.Position{Ring: 1}.Advance(id, index).Encode())
}

func stamp(id roster.ShardID, index roster.Index) roster.Stamp {
	return roster.Stamp{Shard: id, Index: index, Token: token(id, index)}
}

// await waits until every shard has applied what p names.
func (s *Service) await(ctx context.Context, p roster.Position) error {
	ctx, cancel := context.WithTimeout(ctx, roster.CursorWait)
	defer cancel()
	for {
		s.mu.Lock()
		behind, changed := s.behind(p), s.mu.changed
		s.mu.Unlock()
		if !behind {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return &roster.Error{Code: roster.CodeUnavailable, Field: "after", RetryAfter: time.Second, Detail: "the token lies ahead of this replica"}
		}
	}
}

func (s *Service) behind(p roster.Position) bool {
	for _, at := range p.At {
		if at.Shard != roster.SystemShard && (!s.known(at.Shard) || s.shard(at.Shard).machine.Index() < at.Index) {
			return true
		}
	}
	return false
}

// read waits for what a read asks for. Every level is fresh here once its token is.
func (s *Service) read(ctx context.Context, r roster.Read) error {
	if err := r.Validate(); err != nil {
		return err
	}
	p, err := roster.ParsePosition(string(r.After))
	if err != nil || r.After == "" || r.Level != roster.ReadFresh && r.Level != roster.ReadLinearizable {
		return err
	}
	return s.await(ctx, p)
}
