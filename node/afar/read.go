package afar

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"roster"
	"roster/fsm"
)

// askingMax is how many shards are asked about at the same time.
const askingMax = 8

// Lookup returns agents of one shard in the order of ids; nil stands for one that is not on
// the roll. The index and age are those of the oldest answer, if it took several.
func (a *Afar) Lookup(ctx context.Context, id roster.ShardID, ids []roster.AgentID, r roster.Read) (records []*roster.Record, seen Seen, err error) {
	for {
		x, err := a.ask(ctx, id, methodLookup, question{IDs: ids[len(records):], Read: r})
		if err != nil {
			return nil, seen, err
		}
		if len(records) == 0 || x.seen.Index < seen.Index {
			seen = x.seen
		}
		records = append(records, x.records...)
		if len(records) >= len(ids) || len(x.records) == 0 {
			return records, seen, nil
		}
	}
}

// Find returns at most limit agents of one shard that q selects, after a mark, and how they
// were found.
func (a *Afar) Find(ctx context.Context, id roster.ShardID, q roster.Query, after fsm.Mark, limit int) (records []*roster.Record, plan string, seen Seen, err error) {
	for {
		x, err := a.ask(ctx, id, methodFind, question{Query: &q, Read: q.Read, Mark: after, Limit: limit - len(records)})
		if err != nil {
			return nil, "", seen, err
		}
		if len(records) == 0 || x.seen.Index < seen.Index {
			seen, plan = x.seen, x.text
		}
		records = append(records, x.records...)
		if x.more == 0 || len(x.records) == 0 || len(records) >= limit {
			return records, plan, seen, nil
		}
		last := x.records[len(x.records)-1]
		after = fsm.Mark{Seen: true, ID: last.ID, Score: x.more - 1}
	}
}

// Session returns what the home shard of a session knows of it, as a linearizable read
// does; nil is nothing.
func (a *Afar) Session(ctx context.Context, home roster.ShardID, id roster.SessionID) (*roster.Session, Seen, error) {
	x, err := a.ask(ctx, home, methodSession, question{Session: id, Read: roster.Read{Level: roster.ReadLinearizable}})
	if err != nil {
		return nil, Seen{}, err
	}
	return x.session, x.seen, nil
}

// status is how a shard stood when it was asked.
type status struct {
	roster.ShardStatus
	at time.Time
}

// statusFor is how long a shard is taken to stand as it did, and statusWithin how long
// somebody is waited for who says how.
const (
	statusFor    = 500 * time.Millisecond
	statusWithin = time.Second
)

// Statuses says how shards stand, as a holder of each sees it. One of which nobody says
// anything in time has no voters, and a negative age.
func (a *Afar) Statuses(ctx context.Context, shards []roster.ShardID) []roster.ShardStatus {
	ctx, cancel := context.WithTimeout(ctx, statusWithin)
	defer cancel()
	out := make([]roster.ShardStatus, len(shards))
	var all errgroup.Group
	all.SetLimit(askingMax)
	for i, id := range shards {
		all.Go(func() error {
			out[i] = a.status(ctx, id)
			return nil
		})
	}
	_ = all.Wait() // none returns an error
	return out
}

func (a *Afar) status(ctx context.Context, id roster.ShardID) roster.ShardStatus {
	a.mu.Lock()
	known := a.mu.seen[id]
	a.mu.Unlock()
	if time.Since(known.at) < statusFor {
		return known.ShardStatus
	}
	s := roster.ShardStatus{ID: id, Voters: []roster.NodeID{}, Readers: []roster.NodeID{}, AgeMS: -1}
	x, err := a.ask(ctx, id, methodStatus, question{})
	if err == nil {
		err = json.Unmarshal([]byte(x.text), &s)
	}
	if err == nil {
		s.Holder = x.seen.Node
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.mu.seen[id] = status{s, time.Now()}
	return s
}

// sheets are matches on their way to other nodes: one moment of a shard each.
type sheets struct {
	sync.Mutex
	next uint64
	open map[uint64]*sheet
}

type sheet struct {
	records []*roster.Record
	index   roster.Index
	used    time.Time
}

// Matches that nobody fetches on are let go of; sheetsMax of them are kept at most.
const (
	sheetsMax    = 16
	sheetIdleMax = 30 * time.Second
)

// put keeps the records of one moment and returns the number of their sheet.
func (s *sheets) put(records []*roster.Record, index roster.Index) (uint64, error) {
	s.Lock()
	defer s.Unlock()
	for n, old := range s.open {
		if time.Since(old.used) > sheetIdleMax {
			delete(s.open, n)
		}
	}
	if len(s.open) >= sheetsMax {
		return 0, &roster.Error{Code: roster.CodeOverloaded, RetryAfter: time.Second, Detail: "too many watches begin at this node"}
	}
	s.next++
	s.open[s.next] = &sheet{records, index, time.Now()}
	return s.next, nil
}

// part returns the records of a sheet from an offset on, as many as an answer has.
func (s *sheets) part(n, offset uint64) (records []*roster.Record, index roster.Index, more bool, err error) {
	s.Lock()
	defer s.Unlock()
	at := s.open[n]
	if at == nil || offset > uint64(len(at.records)) {
		return nil, 0, false, roster.Errorf(roster.CodeGone, "the matches are no longer kept: watch again")
	}
	at.used = time.Now()
	records = fitting(at.records[offset:])
	if more = int(offset)+len(records) < len(at.records); !more {
		delete(s.open, n)
	}
	return slices.Clone(records), at.index, more, nil
}

// fitting cuts records to what one answer holds, one at least.
func fitting(records []*roster.Record) []*roster.Record {
	bytes := 0
	for i, r := range records {
		if r != nil {
			bytes += r.Size()
		}
		if i > 0 && bytes > answerMax {
			return records[:i]
		}
	}
	return records
}
