package processes

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"roster"
	"roster/client"
)

const (
	writeEvery     = 20 * time.Millisecond
	writeWithin    = 30 * time.Second // one write, with all its tries
	registersTried = 500              // to find one in every shard
)

// register is an agent whose description is a number that only grows: one writer
// writes it, always the next number, and goes on only when that was acknowledged.
type register struct {
	id roster.AgentID
	mu struct {
		sync.Mutex
		acked   uint64          // last acknowledged number
		at      time.Time       // when it was
		sent    time.Time       // when it was first sent
		longest time.Duration   // between two acknowledgements since the last reset
		took    []time.Duration // by each write since forget was last called
	}
}

func (r *register) ack(number uint64, sent, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.mu.at.IsZero() {
		r.mu.longest = max(r.mu.longest, now.Sub(r.mu.at))
	}
	r.mu.acked, r.mu.sent, r.mu.at = number, sent, now
	r.mu.took = append(r.mu.took, now.Sub(sent))
}

// forget returns how long each write took since the last call.
func (r *register) forget() []time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	took := r.mu.took
	r.mu.took = nil
	return took
}

// reset forgets gaps before now.
func (r *register) reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mu.longest = 0
}

// look returns the last acknowledged number, when it was sent, and the longest gap.
func (r *register) look() (acked uint64, sent time.Time, longest time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.mu.acked, r.mu.sent, r.mu.longest
}

// put writes a number; only an acknowledgement returns nil.
func (r *register) put(ctx context.Context, c *client.Client, number uint64) (*roster.Record, error) {
	ctx, cancel := context.WithTimeout(ctx, writeWithin)
	defer cancel()
	change, _, err := c.Register(ctx, roster.Register{Mode: roster.ModePut,
		Agent: roster.Agent{ID: r.id, Description: strconv.FormatUint(number, 10)}})
	return change.Record, err
}

// write goes on until stop is closed, and ends with a write that is decided.
func (r *register) write(ctx context.Context, c *client.Client, stop <-chan struct{}) error {
	next, _, _ := r.look()
	tick := time.NewTicker(writeEvery)
	defer tick.Stop()
	for {
		next++
		sent := time.Now()
		if _, err := r.put(ctx, c, next); err != nil {
			return fmt.Errorf("%s = %d: %w", r.id, next, err)
		}
		r.ack(next, sent, time.Now())
		select {
		case <-tick.C:
		case <-stop:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// read returns the number that a node holds now.
func (r *register) read(ctx context.Context, c *client.Client) (uint64, error) {
	record, _, err := c.Lookup(ctx, r.id, roster.Read{Level: roster.ReadLinearizable})
	if err != nil {
		return 0, fmt.Errorf("%s: %w", r.id, err)
	}
	return strconv.ParseUint(record.Description, 10, 64)
}

// registers are one register in each shard.
type registers []*register

// registers makes one register in every shard, so that whoever is killed leads some.
func (s *site) registers(through *member) registers {
	s.Helper()
	c := s.client(through)
	seen := make(map[roster.ShardID]bool)
	var all registers
	for i := 0; len(all) < roster.ShardsDefault; i++ {
		if i == registersTried {
			s.Fatalf("%d registers lie in %d shards", i, len(all))
		}
		r := &register{id: roster.AgentID(fmt.Sprintf("register/r-%d", i))}
		record, err := r.put(s.ctx, c, 1)
		if err != nil {
			s.Fatal(err)
		}
		if !seen[record.Shard] {
			seen[record.Shard] = true
			r.ack(1, time.Now(), time.Now())
			all = append(all, r)
		}
	}
	return all
}

// writers write every register until stop is called, which returns how that went.
// Each has its own client, which goes from node to node as they fail.
func (s *site) writers(all registers, nodes ...*member) (stop func() error) {
	ctx, cancel := context.WithCancel(s.ctx)
	done := make(chan struct{})
	var group errgroup.Group
	for i, r := range all {
		order := append(slices.Clone(nodes[i%len(nodes):]), nodes[:i%len(nodes)]...)
		c := s.client(order...)
		group.Go(func() error { return r.write(ctx, c, done) })
	}
	end := sync.OnceValue(func() error {
		close(done)
		defer cancel()
		return group.Wait()
	})
	s.Cleanup(func() {
		cancel()
		_ = end() // the test has asked before, or failed
	})
	return end
}

// sentSince returns an error until every register has a write acknowledged that was
// begun after a moment.
func (all registers) sentSince(moment time.Time) error {
	for _, r := range all {
		if acked, sent, _ := r.look(); !sent.After(moment) {
			return fmt.Errorf("%s still stands at %d", r.id, acked)
		}
	}
	return nil
}

func (all registers) reset() {
	for _, r := range all {
		r.reset()
	}
}

// longest returns the longest gap over all registers.
func (all registers) longest() time.Duration {
	var most time.Duration
	for _, r := range all {
		_, _, gap := r.look()
		most = max(most, gap)
	}
	return most
}

// acknowledged returns the last acknowledged number of each.
func (all registers) acknowledged() map[roster.AgentID]uint64 {
	numbers := make(map[roster.AgentID]uint64)
	for _, r := range all {
		numbers[r.id], _, _ = r.look()
	}
	return numbers
}

// readThrough reads every register through one node.
func (all registers) readThrough(s *site, n *member) map[roster.AgentID]uint64 {
	s.Helper()
	c := s.client(n)
	numbers := make(map[roster.AgentID]uint64)
	for _, r := range all {
		s.until(readyWithin, n.name+" reads "+string(r.id), func() (err error) {
			numbers[r.id], err = r.read(s.soon(), c)
			return err
		})
	}
	return numbers
}

// judge compares what was acknowledged with what the nodes read afterwards, while
// nobody writes. It returns one line for each write that is lost and for each
// register of which the nodes differ.
func judge(acknowledged map[roster.AgentID]uint64, reads map[string]map[roster.AgentID]uint64) (lost, differ []string) {
	for id, want := range acknowledged {
		values := make(map[uint64]bool)
		for node, numbers := range reads {
			got, there := numbers[id]
			if !there || got < want {
				lost = append(lost, fmt.Sprintf("%s: %d was acknowledged, %s reads %d", id, want, node, got))
			}
			values[got] = true
		}
		if len(values) > 1 {
			differ = append(differ, fmt.Sprintf("%s: the nodes read %v", id, values))
		}
	}
	slices.Sort(lost)
	slices.Sort(differ)
	return lost, differ
}
