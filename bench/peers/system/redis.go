package system

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/redis/go-redis/v9"

	"roster/bench/peers/process"
)

// Redis is one Redis server: it has no replication that waits for a quorum's disk.
type Redis struct {
	servers
	synced  bool
	address string
	dir     string
}

var _ System = (*Redis)(nil)

// NewRedis returns a Redis in site that syncs each write, or keeps nothing on disk.
func NewRedis(site *process.Site, synced bool) *Redis {
	r := &Redis{servers: servers{site: site}, synced: synced}
	r.launch = func(int) (*process.Process, error) { return site.Start(r.Name(), "redis-server", r.args()...) }
	return r
}

// RedisInstalled reports whether there is a redis-server to run.
func RedisInstalled() bool {
	_, err := exec.LookPath("redis-server")
	return err == nil
}

func (r *Redis) args() []string {
	_, port, _ := net.SplitHostPort(r.address)
	args := []string{"--bind", "127.0.0.1", "--port", port, "--dir", r.dir, "--save", "", "--appendonly", "no"}
	if r.synced {
		args = append(args, "--appendonly", "yes", "--appendfsync", "always")
	}
	return args
}

// Name implements System.
func (r *Redis) Name() string {
	if r.synced {
		return "redis"
	}
	return "redis-noaof"
}

// About implements System.
func (r *Redis) About() string {
	kept := "appendfsync always"
	if !r.synced {
		kept = "nothing on disk"
	}
	return fmt.Sprintf("Redis %s, one server, no replication, %s; go-redis, a pool of min(N, %d) connections", redisVersion(), kept, ConnectionsMax)
}

// redisVersion returns what redis-server says of itself.
func redisVersion() string {
	out, err := exec.Command("redis-server", "--version").Output()
	if err != nil {
		return "of unknown version"
	}
	for word := range strings.FieldsSeq(string(out)) {
		if version, ok := strings.CutPrefix(word, "v="); ok {
			return version
		}
	}
	return "of unknown version"
}

// Stores implements System.
func (r *Redis) Stores() []string { return []string{r.Name()} }

// Start implements System.
func (r *Redis) Start(ctx context.Context) error {
	var err error
	if r.address, err = process.FreeAddress(); err != nil {
		return err
	}
	r.dir = filepath.Join(r.site.Dir, r.Name())
	if err = os.MkdirAll(r.dir, 0o700); err != nil {
		return fmt.Errorf("redis: %w", err)
	}
	if err = r.startAll(ctx, 1); err != nil {
		return err
	}
	return r.Ready(ctx)
}

// Ready implements System.
func (r *Redis) Ready(ctx context.Context) error {
	return r.await(ctx, "Redis is ready", r.ping)
}

// ping succeeds once the server has read its file.
func (r *Redis) ping(ctx context.Context) error {
	c := redis.NewClient(&redis.Options{Addr: r.address, MaxRetries: -1})
	defer c.Close()
	return c.Ping(ctx).Err()
}

// Leader implements System.
func (r *Redis) Leader(context.Context) (int, error) { return 0, nil }

// Connect implements System.
func (r *Redis) Connect(_ context.Context, _ string, callers int) (Store, error) {
	n := connections(callers)
	return &redisStore{redis.NewClient(&redis.Options{Addr: r.address, PoolSize: n, MinIdleConns: n})}, nil
}

// ConnectTo implements System.
func (r *Redis) ConnectTo(ctx context.Context, _ int) (Store, error) {
	if err := process.Await(ctx, "Redis is ready", r.ping); err != nil {
		return nil, err
	}
	return r.Connect(ctx, "", 1)
}

// Surviving implements System.
func (r *Redis) Surviving(ctx context.Context) (Store, []string, error) {
	s, err := r.Connect(ctx, "", 3)
	return s, oneClass(), err
}

// redisStore speaks to Redis: callers take connections of one pool.
type redisStore struct{ client *redis.Client }

// Put implements Store.
func (s *redisStore) Put(ctx context.Context, _ int, item Item) error {
	return s.client.Set(ctx, item.ID, item.Value, 0).Err()
}

// PutBatch implements Store: one pipeline.
func (s *redisStore) PutBatch(ctx context.Context, _ int, items []Item) error {
	_, err := s.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, item := range items {
			p.Set(ctx, item.ID, item.Value, 0)
		}
		return nil
	})
	return err
}

// Get implements Store.
func (s *redisStore) Get(ctx context.Context, _ int, id string, _ Level) ([]byte, error) {
	return s.client.Get(ctx, id).Bytes()
}

// Close implements Store.
func (s *redisStore) Close() { _ = s.client.Close() }
