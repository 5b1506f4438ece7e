package wal

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/hashicorp/raft"
)

// tiny makes everything happen often: several segments in a few dozen calls.
func tiny() Options {
	return Options{SegmentBytes: 4 << 10, FlushBytes: 2 << 10, QueueBytes: 16 << 10, CacheBytes: 4 << 10}
}

// state is what a group should hold.
type state struct {
	logs   map[uint64]string // "term data"
	values map[string]string
}

func (s state) clone() state { return state{maps.Clone(s.logs), maps.Clone(s.values)} }

func (s state) equal(o state) bool {
	return maps.Equal(s.logs, o.logs) && maps.Equal(s.values, o.values)
}

func (s state) bounds() (first, last uint64) {
	if len(s.logs) == 0 {
		return 0, 0
	}
	first = math.MaxUint64
	for i := range s.logs { // order-free: bounds
		first, last = min(first, i), max(last, i)
	}
	return first, last
}

// actor plays Raft: it makes calls, one at a time, and knows what must hold.
type actor struct {
	id   uint32
	rng  *rand.Rand
	term uint64
	now  state
	may  []func(state) // what the call under way does, step by step: it may be cut off
}

func newActor(id uint32, seed uint64) *actor {
	return &actor{id: id, rng: rand.New(rand.NewPCG(seed, uint64(id))), term: 1, now: state{map[uint64]string{}, map[string]string{}}}
}

// play makes n calls, or as many as go well.
func (a *actor) play(h *Group, n int) error {
	for range n {
		if err := a.step(h); err != nil {
			return err
		}
	}
	return nil
}

func (a *actor) step(h *Group) error {
	first, last := a.now.bounds()
	switch a.rng.IntN(16) {
	case 0: // a snapshot
		return a.cut(h, first, first+a.rng.Uint64N(last-first+2))
	case 1: // a conflict
		if last > 0 {
			return a.cut(h, last-a.rng.Uint64N(min(last-first+1, 8)), last)
		}
	case 2: // a gap
		return a.store(h, last+1+a.rng.Uint64N(9), 1)
	case 3: // over what is there
		if last > 0 {
			return a.store(h, first+a.rng.Uint64N(last-first+1), 1+a.rng.IntN(3))
		}
	case 4:
		a.term++
		return a.set(h, "CurrentTerm", fmt.Sprint(a.term))
	case 5:
		return a.vote(h)
	case 6:
		return a.check(h, first+a.rng.Uint64N(last-first+2))
	case 7:
		return a.store(h, last+1, 12) // more than a frame
	}
	return a.store(h, last+1, 1+a.rng.IntN(4))
}

func (a *actor) store(h *Group, at uint64, n int) error {
	var logs []*raft.Log
	a.may = nil
	for i := at; i < at+uint64(n); i++ {
		data := fmt.Sprintf("%d.%d.%d %s", a.id, i, a.rng.Uint64(), strings.Repeat("x", a.rng.IntN(250)))
		logs = append(logs, &raft.Log{Index: i, Term: a.term, Data: []byte(data)})
		entry := fmt.Sprintf("%d %s", a.term, data)
		a.may = append(a.may, func(s state) { s.logs[i] = entry })
	}
	return a.done(h.StoreLogs(logs))
}

func (a *actor) cut(h *Group, low, high uint64) error {
	a.may = []func(state){func(s state) {
		maps.DeleteFunc(s.logs, func(i uint64, _ string) bool { return low <= i && i <= high })
	}}
	return a.done(h.DeleteRange(low, high))
}

func (a *actor) set(h *Group, key, content string) error {
	a.may = []func(state){func(s state) { s.values[key] = content }}
	return a.done(h.Set([]byte(key), []byte(content)))
}

// vote makes two calls; between them a crash leaves the vote before.
func (a *actor) vote(h *Group) error {
	a.term++
	term, candidate := fmt.Sprint(a.term), fmt.Sprintf("n%d", a.rng.IntN(3))
	a.may = nil
	if err := h.Set([]byte(voteTerm), []byte(term)); err != nil {
		return err
	}
	if a.rng.IntN(8) == 0 {
		return nil // never finished
	}
	a.may = []func(state){func(s state) { s.values[voteTerm], s.values[voteCandidate] = term, candidate }}
	return a.done(h.Set([]byte(voteCandidate), []byte(candidate)))
}

func (a *actor) done(err error) error {
	if err == nil {
		for _, do := range a.may {
			do(a.now)
		}
		a.may = nil
	}
	return err
}

func (a *actor) check(h *Group, i uint64) error {
	var log raft.Log
	err := h.GetLog(i, &log)
	want, ok := a.now.logs[i]
	switch {
	case errors.Is(err, raft.ErrLogNotFound) && !ok:
		return nil
	case err != nil:
		return err
	case !ok || fmt.Sprintf("%d %s", log.Term, log.Data) != want:
		return fmt.Errorf("%w: entry %d of group %d is %d %s, want %q", errWrong, i, a.id, log.Term, log.Data, want)
	}
	return nil
}

// errWrong is the error of a log that does not hold what it should.
var errWrong = errors.New("wrong")

// verify compares all of a group with what was acknowledged, or what the call that was
// cut off may have done, and goes on from there.
func (a *actor) verify(h *Group) error {
	got, err := read(h)
	if err != nil {
		return err
	}
	want := a.now.clone()
	for _, do := range append(a.may, func(state) {}) {
		if got.equal(want) {
			a.now, a.may = got, nil
			return nil
		}
		do(want)
	}
	return fmt.Errorf("%w: group %d: got %s\nwant %s", errWrong, a.id, got, a.now)
}

func (s state) String() string {
	var b strings.Builder
	for _, i := range slices.Sorted(maps.Keys(s.logs)) {
		fmt.Fprintf(&b, "%d:%.30s ", i, s.logs[i])
	}
	fmt.Fprint(&b, s.values)
	return b.String()
}

func read(h *Group) (state, error) {
	got := state{map[uint64]string{}, map[string]string{}}
	first, err := h.FirstIndex()
	if err != nil {
		return got, err
	}
	last, err := h.LastIndex()
	if err != nil {
		return got, err
	}
	for i := first; i <= last && last > 0; i++ {
		var log raft.Log
		err := h.GetLog(i, &log)
		if errors.Is(err, raft.ErrLogNotFound) {
			continue
		}
		if err != nil {
			return got, err
		}
		got.logs[i] = fmt.Sprintf("%d %s", log.Term, log.Data)
	}
	for _, key := range []string{"CurrentTerm", voteTerm, voteCandidate} {
		if content, ok, err := h.Get([]byte(key)); err != nil {
			return got, err
		} else if ok {
			got.values[key] = string(content)
		}
	}
	return got, nil
}
